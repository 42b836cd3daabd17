"""Routes of studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantlab_ext.schemas.studies import StudyEvaluation, StudyList, StudyRange
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.market.libraries import load
from quantlab_server.market.moments import moment_of

if TYPE_CHECKING:
    from quantlab_server.market.service import MarketService

KB = 1024


@endpoint("GET", "/studies", scope=Scope.MARKET_READ, answer=StudyList, transaction=False)
def list_studies(call: Call) -> StudyList:
    """List the built-in studies with their inputs and plots."""
    from quantlab_server.studies.catalogue import STUDIES

    return StudyList(items=list(STUDIES))


@endpoint(
    "POST",
    "/studies/evaluate",
    scope=Scope.MARKET_READ,
    answer=StudyEvaluation,
    bucket="stream",
    max_body=128 * KB,
    writes=False,
)
async def evaluate_studies(call: Call, body: StudyRange) -> Reply:
    """Compute studies over a range of bars; nothing is saved."""
    return await call.services.market.run(lambda market: _evaluated(market, body))


def _evaluated(market: MarketService, body: StudyRange) -> Reply:
    # It brings two libraries for data frames with it, and asks for neither.
    load("talib")
    import orjson

    from quantlab_server.market import encoding
    from quantlab_server.market.service import Asked
    from quantlab_server.studies import service

    wanted = service.checked(body.studies)
    start, end = moment_of("from", body.from_), moment_of("to", body.to)
    selection = market.select(Asked(body.symbol, body.timeframe, start, end, body.limit))
    time = {"time": selection.bars.time[selection.where]}
    raw = [*encoding.opened(encoding.info_of(selection)), b",", *encoding.members(time)]
    raw.append(b',"results":[')
    for place, (study, inputs) in enumerate(wanted):
        plots = service.values(study, inputs, selection.bars, selection.where)
        raw.append(b"," if place else b"")
        raw.append(orjson.dumps({"study": study.id, "inputs": inputs})[:-1] + b',"plots":{')
        raw += encoding.members(plots)
        raw.append(b"}}")
    raw.append(b"]}")
    return Reply(raw=raw, headers={"Cache-Control": "no-store"})
