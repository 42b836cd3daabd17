"""What ``import quantlab_ext as ql`` offers: one client behind a handful of functions."""

from __future__ import annotations

import getpass
import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID

from quantlab_ext.client import Client
from quantlab_ext.display import Diff, Table, instrument_table, version_table, workflow_table
from quantlab_ext.errors import InvalidInput, NotSignedIn

if TYPE_CHECKING:
    from quantlab_ext.content import Content
    from quantlab_ext.layouts import LoadedLayout
    from quantlab_ext.market import Frame, When
    from quantlab_ext.saved import Sort
    from quantlab_ext.schemas.accounts import User
    from quantlab_ext.schemas.layouts import LayoutItem
    from quantlab_ext.schemas.market import Instrument
    from quantlab_ext.schemas.saved import VersionInfo
    from quantlab_ext.schemas.workflows import WorkflowItem
    from quantlab_ext.widgets.chart import Chart
    from quantlab_ext.workflows import Kind, LoadedWorkflow, Ref

_client: Client | None = None
_lock = threading.Lock()


def connect(url: str | None = None, token: str | None = None, **options: Any) -> Client:
    """The client that the functions of this module use.

    Args:
        url, token, options: as for `Client`; given any, a new client takes the place of the old one.
    """
    global _client
    with _lock:
        if _client is None or url is not None or token is not None or options:
            fresh = Client(url, token, **options)
            if _client is not None:
                _client.close()
            _client = fresh
        return _client


def login(
    url: str | None = None,
    login: str | None = None,
    password: str | None = None,
    *,
    otp: str | None = None,
    jupyter_token: str | None = None,
) -> User:
    """Sign in and say who it is.

    Without arguments in JupyterLab or Notebook 7 the page is asked, and nobody types anything. With an address and a
    login a password is asked for when it is not given, and a code if a second factor is on; neither is kept.

    Raises:
        NotSignedIn: see `Client.login`; or nobody is signed in in the page.
    """
    global _client
    if url is None:
        return connect().whoami()
    if login is None:
        login = input("E-mail or username: ")
    if password is None:
        password = getpass.getpass("Password: ")
    try:
        fresh = Client.login(url, login, password, otp=otp, jupyter_token=jupyter_token)
    except NotSignedIn as error:
        if error.code != "otp_required" or otp:
            raise
        otp = _ask_code(error)
        fresh = Client.login(url, login, password, otp=otp, jupyter_token=jupyter_token)
    with _lock:
        old, _client = _client, fresh
    if old is not None:
        old.close()
    return fresh.whoami()


def _ask_code(asked: NotSignedIn) -> str:
    try:
        return getpass.getpass("Code of your app, or a recovery code: ").strip()
    except (EOFError, OSError, NotImplementedError):
        # Nobody is there to type it: in a kernel without input IPython raises the last of these.
        raise asked from None


def logout() -> None:
    """End the session of `login` and forget every token. In JupyterLab one signs out in the account panel."""
    global _client
    from quantlab_ext.identity import kernel_identity

    with _lock:
        old, _client = _client, None
    kernel_identity().forget()
    if old is not None:
        old.logout()


def whoami() -> User:
    """Who is signed in."""
    return connect().whoami()


def list(
    q: str | None = None,
    *,
    tag: str | None = None,
    project: UUID | str | None = None,
    kind: Kind | None = None,
    sort: Sort = "-updated_at",
    limit: int = 50,
) -> Table[WorkflowItem]:
    """The newest workflows, as a table.

    Args:
        q: words in name, description or tags.
        project: name or id of a project, or ``"none"``.
        limit: how many at most; `Client.workflows.list` iterates over all.
    """
    from itertools import islice

    client = connect()
    found = client.workflows.list(
        q=q,
        tag=tag,
        project=_project(client, project),
        kind=kind,
        sort=sort,
        page_size=max(1, min(limit, 200)),
    )
    return workflow_table(islice(found, limit))


def save(
    name: str,
    content: Content,
    *,
    project: UUID | str | None = None,
    overwrite: bool = False,
    **metadata: Any,
) -> WorkflowItem:
    """Save code, a notebook or a file under ``name``: new, or as the next version.

    Args:
        content: Python code as text, a notebook as a mapping (nbformat 4), or a ``pathlib.Path`` to either.
        project: name or id of the project; None: none.
        overwrite: also over a version saved elsewhere meanwhile; that one stays in the history.
        metadata: ``description``, ``tags``, ``pinned``.

    Raises:
        VersionConflict: someone saved since this session last saw it.
    """
    client = connect()
    return client.workflows.save(
        name, content, project_id=_project(client, project), overwrite=overwrite, **metadata
    )


def load(ref: Ref, *, version: int | None = None) -> LoadedWorkflow:
    """A workflow by name or id; its content is in ``code`` or ``notebook``."""
    return connect().workflows.get(ref, version=version)


def history(ref: Ref) -> Table[VersionInfo]:
    """All versions, newest first, as a table."""
    return version_table(connect().workflows.history(ref))


def diff(ref: Ref, from_version: int | None = None, to_version: int | None = None) -> Diff:
    """What changed between two versions; by default between the last two."""
    workflows = connect().workflows
    id = workflows.find(ref)
    if to_version is None:
        to_version = next(workflows.history(id, page_size=1)).version
    if from_version is None:
        from_version = max(1, to_version - 1)
    return workflows.diff(id, from_version, to_version)


def restore(ref: Ref, version: int) -> WorkflowItem:
    """Make an old version current again, as a new version."""
    return connect().workflows.restore(ref, version)


def bars(
    symbol: str,
    timeframe: str = "1D",
    *,
    start: When | None = None,
    end: When | None = None,
    limit: int | None = None,
    frame: Frame = "pandas",
) -> Any:
    """Prices of an instrument as a pandas DataFrame indexed by time (UTC), oldest first.

    Args:
        symbol: ``"SAMPLE:AAPL"`` or a bare ticker.
        timeframe: 1m, 5m, 15m, 30m, 1h, 4h, 1D, 1W or 1M, as far as the source has it.
        start, end: only bars from ``start`` on and before ``end``: a date, a time (without a zone: UTC) or ISO 8601.
        limit: only the newest so many. Without ``limit`` and ``start`` a crypto exchange answers its newest bars only.
        frame: ``"pandas"``, ``"polars"`` or ``"pyarrow"``; the last two have ``time`` as a column.

    Returns:
        Columns open, high, low, close, volume (NaN: not known). ``attrs`` of a pandas frame says symbol, source,
        what prices are adjusted for, and the snapshot: equal data have equal snapshots.

    Raises:
        NotFound: ``unknown_symbol``.
        InvalidInput: ``unknown_timeframe`` or ``reversed_range``.
        ImportError: polars is asked for and not installed.
    """
    return connect().market.bars(symbol, timeframe, start=start, end=end, limit=limit, frame=frame)


def chart(
    source: Any,
    timeframe: str | None = None,
    *,
    start: When | None = None,
    end: When | None = None,
    limit: int | None = None,
    title: str | None = None,
    **look: Any,
) -> Chart:
    """A chart for the end of a cell; draw studies with ``.add("ta.rsi", 14)``, own values with ``.add_series``.

    Args:
        source: a symbol, or a pandas DataFrame with columns open, high, low, close and perhaps volume, indexed by time.
        timeframe: 1m to 1M, as `bars` takes it; default: 1D, or what fits the DataFrame.
        start, end: only bars from ``start`` on and before ``end``, as `bars` takes them.
        limit: only the newest so many, at most 50,000; default: 1,000, or all of a DataFrame.
        title: what a DataFrame's chart is called.
        look: ``style`` (candles, bars, line, area, heikin-ashi), ``scale`` (linear, log, percent, indexed),
            ``volume`` (whether it is drawn), ``height`` (pixels).

    Raises:
        NotFound: ``unknown_symbol``.
        InvalidInput: ``unknown_timeframe``, ``reversed_range``, ``wrong_limit``, ``not_prices``, or a ``look`` that is
            none.
    """
    # What draws takes half a second to import: not before there is something to draw.
    from quantlab_ext.widgets.chart import Chart
    from quantlab_ext.widgets.sources import FrameSource, ServiceSource

    if not isinstance(source, str):
        if start is not None or end is not None:
            raise InvalidInput(
                "start and end are for symbols; cut the DataFrame itself.", code="own_data"
            )
        own = FrameSource(source, title=title, timeframe=timeframe, limit=limit)
        return Chart(own, **look)
    market = connect().market
    found = ServiceSource(market, source, timeframe or "1D", start=start, end=end, limit=limit)
    return Chart(found, **look)


def layout(ref: LayoutItem | UUID | str, *, version: int | None = None) -> LoadedLayout:
    """A chart layout by name or id; ``.open()`` shows its charts."""
    return connect().layouts.get(ref, version=version)


def instruments(q: str = "", *, limit: int = 50) -> Table[Instrument]:
    """Instruments whose ticker or name has ``q`` in it, as a table."""
    return instrument_table(connect().market.instruments(q, limit=limit))


def _project(client: Client, project: UUID | str | None) -> UUID | str | None:
    if project is None or project == "none":
        return project
    return client.projects.find(project)
