"""Access switched off for everybody, and settings of the installation: on both services, and over several processes."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.admins import make_team, operator, sign_in
from tests.support.api import GENEROUS, PASSWORD, Api, Person
from tests.support.central import CentralDatabase, CentralProcess
from tests.support.jupyter import JupyterServerProcess
from tests.support.process import tool
from tests.support.stream import connect, run
from tests.support.valkey import EmbeddedValkey
from tests.support.waiting import wait_until

REASON = "New disks until 14:00."


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"]["code"])


def turn(who: Any, on: bool, target: str = "access", reason: str = REASON) -> dict[str, Any]:
    answer = who.post(
        "/admin/kill-switch", json={"target": target, "on": on, "reason": reason if on else ""}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()[target]
    return found


# Services of this module's own: nobody else must be kept out.
_OWN: dict[str, Api] = {}


@pytest.fixture
def api(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_central: Callable[..., CentralProcess],
) -> Api:
    """One of them, started when it is first asked for."""
    if request.param not in _OWN and request.param == "embedded":
        server = JupyterServerProcess(tmp_path_factory.mktemp("off"), app="server", args=GENEROUS)
        server.start()
        door = {"Authorization": f"token {server.token}"}
        _OWN["embedded"] = Api("embedded", server.api_url, door, server)
    elif request.param not in _OWN:
        central: Any = make_central(args=GENEROUS)
        _OWN["central"] = Api("central", central.api_url, {}, central)
    return _OWN[request.param]


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    """They end with the module."""
    yield
    for service in _OWN.values():
        service.close()
        service.process.terminate()
    _OWN.clear()


both = pytest.mark.parametrize("api", ["embedded", "central"], indirect=True)


def _maintenance(answer: httpx.Response) -> None:
    assert code(answer) == (503, "maintenance")
    error = answer.json()["error"]
    assert error["reason"] == REASON
    assert REASON in error["message"]
    assert int(answer.headers["Retry-After"]) > 0


@both
def test_everybody_else_waits_and_admins_may_look(api: Api) -> None:
    boss = operator(api)
    team = make_team(api)
    admin, member = team.admin, team.member()
    assert boss.get("/admin/kill-switch").json()["access"]["on"] is False
    for person in (member, admin):
        answer = person.post(
            "/admin/kill-switch", json={"target": "access", "on": True, "reason": REASON}
        )
        assert code(answer) == (403, "insufficient_scope")
        assert code(person.get("/admin/kill-switch")) == (403, "insufficient_scope")
    without = boss.post("/admin/kill-switch", json={"target": "access", "on": True, "reason": " "})
    assert code(without) == (422, "invalid")
    found = turn(boss, True)
    assert found["in_force"] is True
    assert found["reason"] == REASON
    assert found["changed_by"]

    _maintenance(member.get("/workflows"))
    _maintenance(member.post("/workflows", json={"name": "a", "code": "1"}))
    _maintenance(api.client().post("/auth/register", json=_new()))
    _maintenance(api.client().post("/auth/forgot-password", json={"email": "a@example.com"}))
    # Reads go on for whoever looks after people, changes do not.
    assert admin.get("/workflows").status_code == 200
    assert admin.get("/admin/users").status_code == 200
    _maintenance(admin.post("/workflows", json={"name": "a", "code": "1"}))
    _maintenance(boss.post("/workflows", json={"name": "a", "code": "1"}))
    # Everybody may still leave; and health answers.
    root = api.url.removesuffix("/api")
    health = httpx.get(f"{root}/health/live", headers=api.door)
    assert health.status_code == (404 if api.embedded else 200)

    # Who may look can sign in; a wrong password tells as little as ever.
    assert sign_in(api, admin.username).get("/workflows").status_code == 200
    right = {"login": member.username, "password": PASSWORD}
    _maintenance(api.client().post("/auth/login", json=right))
    wrong = api.client().post("/auth/login", json=right | {"password": "x"})
    assert code(wrong) == (401, "invalid_credentials")

    # What was in the middle is as good as before: the same refresh token, the same session.
    body = {"refresh_token": member.tokens["refresh_token"]}
    _maintenance(api.client().post("/auth/refresh", json=body))
    turn(boss, False)
    assert member.get("/workflows").status_code == 200
    assert api.client().post("/auth/refresh", json=body).status_code == 200
    turn(boss, True)
    assert member.post("/auth/logout", json={}).status_code == 204
    turn(boss, False)
    events = boss.get("/auth/audit").json()["items"]
    (event, *_) = [one for one in events if one["tag"] == "operator:kill_switch:turned"]
    assert event["detail"] == {"target": "access", "from": True, "to": False, "reason": ""}


@both
def test_a_restart_forgets_nothing_and_the_command_lets_everybody_in_again(api: Api) -> None:
    boss, person = operator(api), api.register()
    turn(boss, True)
    api.process.terminate()
    api.process.start()
    _maintenance(person.get("/workflows"))
    done = _command(api, "access", "off")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: person.get("/workflows").status_code == 200, what="access is on", timeout=5)
    assert "--reason" in _command(api, "access", "on").stderr
    assert _command(api, "access", "on", "--reason", REASON).returncode == 0
    wait_until(lambda: person.get("/workflows").status_code == 503, what="access is off", timeout=5)
    assert boss.get("/admin/kill-switch").json()["access"]["changed_by"] is None
    turn(boss, False)


@both
def test_no_trading_is_kept_and_says_that_nothing_trades(api: Api) -> None:
    boss, person = operator(api), api.register()
    found = turn(boss, True, target="trading")
    assert (found["on"], found["in_force"]) == (True, False)
    assert person.get("/workflows").status_code == 200
    assert turn(boss, False, target="trading")["on"] is False


@both
def test_who_may_sign_up_changes_at_run_time(api: Api) -> None:
    boss = operator(api)
    before = boss.get("/admin/settings").json()
    assert before["registration"]["value"] == "open"
    assert before["registration"]["source"] == "configuration"
    assert not [one for one in before["fixed"] if "://" in str(one["value"])]
    changed = boss.patch("/admin/settings", json={"registration": "closed"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["registration"]["source"] == "run_time"
    assert code(api.client().post("/auth/register", json=_new())) == (403, "registration_closed")
    assert api.client().get("/auth/config").json()["registration"] == "closed"
    again = boss.patch("/admin/settings", json={"registration": None})
    assert again.json()["registration"] == before["registration"]
    assert api.client().post("/auth/register", json=_new()).status_code == 201
    events = boss.get("/auth/audit").json()["items"]
    details = [one["detail"] for one in events if one["tag"] == "operator:settings:changed"]
    assert details[-1]["registration"] == {"from": "open", "to": "closed", "source": "run_time"}


@both
def test_a_second_factor_is_required_at_once(api: Api) -> None:
    boss, admin = operator(api), make_team(api).admin
    assert admin.get("/admin/users").status_code == 200
    answer = boss.patch("/admin/settings", json={"required_roles": ["admin"]})
    assert answer.json()["required_roles"]["value"] == ["admin"]
    assert code(admin.get("/admin/users")) == (403, "second_factor_required")
    boss.patch("/admin/settings", json={"required_roles": None}).raise_for_status()
    assert admin.get("/admin/users").status_code == 200


def test_what_the_configuration_fixes_stays(make_central: Callable[..., CentralProcess]) -> None:
    central: Any = make_central(
        args=(*GENEROUS, "--InstallationSettings.changeable=required_roles")
    )
    api = Api("central", central.api_url, {}, central)
    boss = operator(api)
    answer = boss.patch("/admin/settings", json={"registration": "closed"})
    assert code(answer) == (403, "setting_fixed")
    assert boss.get("/admin/settings").json()["registration"]["changeable"] is False
    api.close()


class Pair:
    """Two processes on one database and one bus, which can be stopped."""

    def __init__(self, one: Api, two: Api, bus: EmbeddedValkey) -> None:
        self.one, self.two, self.bus = one, two, bus


@pytest.fixture(scope="module")
def pair(
    make_central: Callable[..., CentralProcess],
    make_central_database: Callable[..., CentralDatabase],
) -> Iterator[Pair]:
    """The sockets' own look at who is there comes too late to help."""
    with EmbeddedValkey() as bus:
        database = make_central_database(redis_url=bus.url)
        args = (*GENEROUS, "--StreamSettings.check_seconds=3600")
        two: Any = [make_central(database=database, args=args) for _ in range(2)]
        pair = Pair(*(Api("central", one.api_url, {}, one) for one in two), bus)
        yield pair
        pair.one.close()
        pair.two.close()


@pytest.mark.parametrize("bus", ["up", "down"])
def test_the_other_process_closes_its_sockets_and_keeps_everybody_out(pair: Pair, bus: str) -> None:
    boss = operator(pair.one)
    if bus == "down":
        pair.bus.stop()
    person: Person = pair.two.register()

    async def scenario() -> None:
        async with connect(pair.two.url) as page, connect(pair.two.url) as mine:
            assert (await page.sign_in(person.tokens["access_token"]))["type"] == "authenticated"
            await page.subscribe("library")
            token = boss.headers["X-QuantLab-Session"]
            assert (await mine.sign_in(token))["type"] == "authenticated"
            turn(boss, True)
            ended, said = await page.ending()
            assert ended == 4503
            assert said[-1]["error"]["code"] == "maintenance"
            # The operator's own stays.
            assert (await mine.subscribe("library"))["type"] == "subscribed"
        async with connect(pair.two.url) as late:
            await late.send(type="auth", token=person.tokens["access_token"])
            ended, said = await late.ending()
            assert ended == 4503

    run(scenario)
    wait_until(
        lambda: person.get("/workflows").status_code == 503, what="requests wait too", timeout=5
    )
    turn(boss, False)
    wait_until(lambda: person.get("/workflows").status_code == 200, what="it is over", timeout=5)


def _new() -> dict[str, str]:
    name = f"new{secrets.token_hex(4)}"
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD}


def _command(api: Api, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("quantlab"), "kill-switch", *arguments],
        env=api.process.env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
