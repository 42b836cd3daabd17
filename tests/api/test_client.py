"""The client against real services: embedded on SQLite and central on PostgreSQL."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from quantlab_ext import errors
from quantlab_ext.client import Client
from quantlab_ext.tokens import StaticToken
from quantlab_ext.transport import Timing, Transport
from quantlab_ext.workflows import Workflows
from tests.support.api import PASSWORD, Api, Person
from tests.unit.client.scripted import DROP, Answer, ScriptedService, Seen

EXAMPLE = Path(__file__).parents[2] / "examples" / "aapl_trend_and_drawdown.ipynb"


def jupyter_token(api: Api) -> str | None:
    return api.door["Authorization"].removeprefix("token ") if api.embedded else None


ClientFor = Callable[[Person], Client]


@pytest.fixture
def client_for(api: Api) -> Iterator[ClientFor]:
    made: list[Client] = []

    def make(person: Person) -> Client:
        token = person.tokens["access_token"]
        made.append(Client(api.url, token, jupyter_token=jupyter_token(api)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(person: Person, client_for: ClientFor) -> Client:
    return client_for(person)


def notebook(*sources: str) -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_a_real_notebook_comes_back_as_it_was(client: Client) -> None:
    saved = client.workflows.create("Trend", EXAMPLE, description="AAPL", tags=["aapl", "trend"])
    assert saved.kind == "notebook"
    assert saved.version == 1
    again = client.workflows.get("trend")
    assert again.id == saved.id
    assert again.tags == ["aapl", "trend"]
    assert again.notebook is not None
    assert sum("image/png" in str(cell) for cell in again.notebook["cells"]) == 3


def test_saving_twice_makes_versions_and_saving_the_same_makes_none(client: Client) -> None:
    assert client.workflows.save("S", "x = 1\n").version == 1
    assert client.workflows.save("S", "x = 1\n").version == 1
    assert client.workflows.save("S", "x = 2\n", tags=["t"]).version == 2
    assert client.workflows.get("S").code == "x = 2\n"
    assert [each.version for each in client.workflows.history("S")] == [2, 1]
    assert client.workflows.get("S", version=1).code == "x = 1\n"


def test_a_list_is_read_page_by_page(client: Client) -> None:
    for number in range(5):
        client.workflows.create(f"w{number}", "1\n")
    names = [item.name for item in client.workflows.list(sort="name", page_size=2)]
    assert names == ["w0", "w1", "w2", "w3", "w4"]
    assert [item.name for item in client.workflows.list(q="w3")] == ["w3"]
    assert list(client.workflows.list(kind="notebook")) == []


def test_two_writers(person: Person, client_for: ClientFor) -> None:
    mine, theirs = client_for(person), client_for(person)
    mine.workflows.save("S", "a\n")
    theirs.workflows.get("S")
    theirs.workflows.save("S", "b\n")
    with pytest.raises(errors.VersionConflict) as caught:
        mine.workflows.save("S", "c\n")
    assert caught.value.code == "version_conflict"
    assert caught.value.details["current"]["version"] == 2
    assert mine.workflows.save("S", "c\n", overwrite=True).version == 3
    assert mine.workflows.version("S", 2).code == "b\n"
    # Who has not seen it saves on top.
    assert client_for(person).workflows.save("S", "d\n").version == 4


def test_differences_and_restoring(client: Client) -> None:
    client.workflows.save("N", notebook("1", "2"))
    client.workflows.save("N", notebook("1", "3", "4"))
    diff = client.workflows.diff("N", 1, 2)
    assert diff.added + diff.changed > 0
    assert "3" in repr(diff)
    restored = client.workflows.restore("N", 1)
    assert restored.version == 3
    current = client.workflows.get("N").notebook
    assert current is not None
    assert [cell["source"] for cell in current["cells"]] == ["1", "2"]
    newest = next(client.workflows.history("N"))
    assert (newest.source, newest.restored_from) == ("restore", 1)


def test_drafts(client: Client) -> None:
    saved = client.workflows.create("D", "a\n")
    assert client.workflows.draft(saved) is None
    draft = client.workflows.put_draft(saved, "b\n", base_version=1)
    draft = client.workflows.put_draft(saved, "c\n", base_version=1, revision=draft.revision)
    with pytest.raises(errors.VersionConflict) as caught:
        client.workflows.put_draft(saved, "d\n", base_version=1, revision=draft.revision - 1)
    assert caught.value.code == "draft_conflict"
    kept = client.workflows.draft(saved)
    assert kept is not None
    assert kept.content == "c\n"
    version = client.workflows.save_draft(saved, revision=draft.revision, version=1)
    assert version.version == 2
    assert client.workflows.get(saved).code == "c\n"
    client.workflows.delete_draft(saved)


def test_merging_saves_nothing(client: Client) -> None:
    client.workflows.save("M", notebook("1", "2", "3"))
    client.workflows.save("M", notebook("1", "2", "three"))
    merged = client.workflows.merge("M", notebook("one", "2", "3"), base_version=1)
    assert merged.conflicts == 0
    assert isinstance(merged.content, dict)
    assert [cell["source"] for cell in merged.content["cells"]] == ["one", "2", "three"]
    assert client.workflows.get("M").version == 2


def test_deleting_and_bringing_back(client: Client) -> None:
    saved = client.workflows.create("X", "1\n")
    client.workflows.delete("X")
    with pytest.raises(errors.NotFound):
        client.workflows.get("X")
    assert [item.name for item in client.workflows.list(deleted=True)] == ["X"]
    client.workflows.create("X", "2\n")
    with pytest.raises(errors.Conflict) as caught:
        client.workflows.undelete(saved.id)
    assert caught.value.code == "name_taken"
    assert client.workflows.undelete(saved.id, name="X again").name == "X again"
    client.workflows.delete(saved.id)
    client.workflows.delete(saved.id, permanent=True)
    assert list(client.workflows.list(deleted=True)) == []


def test_metadata_without_a_version(client: Client) -> None:
    saved = client.workflows.create("P", "1\n")
    changed = client.workflows.patch(saved, name="Q", tags=("a", "b"), pinned=True)
    assert (changed.name, changed.tags, changed.pinned, changed.version) == (
        "Q",
        ["a", "b"],
        True,
        1,
    )
    assert [item.name for item in client.workflows.list(pinned=True)] == ["Q"]
    assert client.workflows.duplicate("Q").name != "Q"


def test_projects(client: Client) -> None:
    project = client.projects.create("Research", description="d")
    with pytest.raises(errors.Conflict):
        client.projects.create("research")
    client.workflows.save("S", "1\n", project_id=project.id)
    client.workflows.save("S", "2\n")
    with pytest.raises(errors.Conflict) as caught:
        client.workflows.get("S")
    assert caught.value.code == "ambiguous_name"
    assert len(caught.value.details["ids"]) == 2
    inside = client.workflows.find("S", project=client.projects.find("RESEARCH"))
    assert client.workflows.get(inside).code == "1\n"
    assert client.projects.update(project, name="Work").name == "Work"
    assert [each.name for each in client.projects.list()] == ["Work"]
    client.projects.delete("Work")
    with pytest.raises(errors.NotFound):
        client.projects.get(project)


@pytest.mark.parametrize(
    "name",
    ["مومنتم 📈", "数据", "<img src=x onerror=alert(1)>", "a'b\"c", "x" * 200, "50 % & more?"],
)
def test_any_name_is_found_again(client: Client, name: str) -> None:
    saved = client.workflows.save(name, "1\n")
    assert saved.name == name
    assert client.workflows.save(name, "2\n").id == saved.id


@pytest.mark.parametrize("name", ["", "   ", "a/b", "a\x00b", "x" * 10_000, "\u202eevil"])
def test_names_that_are_refused_say_where(client: Client, name: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        client.workflows.create(name, "1\n")
    assert caught.value.details["fields"][0]["path"] == "name"


def test_bad_content_is_refused(client: Client) -> None:
    with pytest.raises(errors.InvalidInput):
        client.workflows.create("B", {"cells": [{"cell_type": "nonsense"}]})
    with pytest.raises(errors.InvalidInput) as caught:
        client.workflows.create("B", "#" * (21 * 1024 * 1024))
    assert caught.value.status == 413


def test_another_persons_workflow_is_not_there(
    client: Client, other: Person, client_for: ClientFor
) -> None:
    mine = client.workflows.create("Mine", "1\n")
    theirs = client_for(other)
    for call in (theirs.workflows.get, theirs.workflows.delete, theirs.workflows.duplicate):
        with pytest.raises(errors.NotFound):
            call(mine.id)
    assert list(theirs.workflows.list()) == []


def test_who_am_i(client: Client, person: Person) -> None:
    assert client.whoami().username == person.username
    profile = client.profile()
    assert profile.quotas["workflows"].used == 0


def test_logging_in_and_out(api: Api, person: Person) -> None:
    door = jupyter_token(api)
    with pytest.raises(errors.NotSignedIn) as caught:
        Client.login(api.url, person.username, "wrong " + PASSWORD, jupyter_token=door)
    assert caught.value.code == "invalid_credentials"
    client = Client.login(api.url, person.email, PASSWORD, jupyter_token=door)
    assert client.whoami().username == person.username
    source = client._transport.source
    headers = source.headers()
    assert source.renew()
    assert client.whoami().username == person.username
    client.logout()
    with pytest.raises(errors.NotSignedIn):
        client.whoami()
    # Not only forgotten here: the service refuses the token.
    assert httpx.get(f"{api.url}/auth/profile", headers=headers).status_code == 401


def test_a_kernel_token_passes_alone_and_only_to_the_library(api: Api, person: Person) -> None:
    answer = person.post("/auth/kernel-token", json={})
    assert answer.status_code in (200, 201), answer.text
    kernel = Client(api.url, answer.json()["token"])
    assert kernel.workflows.save("K", "1\n").version == 1
    assert kernel.whoami().username == person.username
    with pytest.raises(errors.Forbidden):
        kernel.export("never.zip")
    kernel.close()
    person.post("/auth/logout", json={"scope": "this"})
    with Client(api.url, answer.json()["token"]) as late, pytest.raises(errors.NotSignedIn):
        late.whoami()


def test_everything_goes_out_and_comes_in(
    client: Client, other: Person, client_for: ClientFor, tmp_path: Path
) -> None:
    client.workflows.create("Trend", EXAMPLE, tags=["aapl"])
    client.workflows.create("Script", "x = 1\n")
    file = client.export(tmp_path / "all.zip")
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
    with pytest.raises(FileExistsError):
        client.export(file)
    taker = client_for(other)
    report = taker.import_(file)
    assert len(report.items) >= 2
    assert taker.workflows.get("Script").code == "x = 1\n"
    assert taker.workflows.get("Trend").notebook == client.workflows.get("Trend").notebook


def test_the_local_account_needs_jupyters_token_only(embedded_api: Api) -> None:
    with Client(embedded_api.url, jupyter_token=jupyter_token(embedded_api)) as client:
        assert client.whoami().is_local
    # The server's own address is enough.
    root = embedded_api.url.removesuffix("/quantlab/api")
    with Client(root, jupyter_token=jupyter_token(embedded_api)) as client:
        assert client.url == embedded_api.url
        assert client.whoami().is_local


class LosesAnswers:
    """Stands between client and service: carries the first ``lost`` changes out and drops their answers."""

    def __init__(self, api: Api, lost: int) -> None:
        self._url = api.url
        self.left = lost
        self.http = httpx.Client(timeout=30)

    def __call__(self, seen: Seen) -> Answer:
        own = {"host", "content-length", "connection", "accept-encoding"}
        headers = {name: value for name, value in seen.headers.items() if name.lower() not in own}
        url = self._url + seen.path.removeprefix("/api")
        answer = self.http.request(seen.method, url, content=seen.body, headers=headers)
        if seen.method != "GET" and self.left:
            self.left -= 1
            return DROP
        kept = {"etag": answer.headers["etag"]} if "etag" in answer.headers else {}
        return Answer(answer.status_code, headers=kept, raw=answer.content)


@pytest.fixture
def through_loss(api: Api, person: Person) -> Iterator[Callable[[int], Workflows]]:
    """A client whose first changes are carried out, but whose answers are lost."""
    services: list[tuple[ScriptedService, LosesAnswers, Transport]] = []

    def make(lost: int) -> Workflows:
        between = LosesAnswers(api, lost)
        service = ScriptedService(between)
        service.__enter__()
        token = person.tokens["access_token"]
        transport = Transport(StaticToken(service.url, token, jupyter_token(api)), Timing(total=60))
        services.append((service, between, transport))
        return Workflows(transport)

    yield make
    for service, between, transport in services:
        transport.close()
        service.__exit__(None, None, None)
        between.http.close()


def test_creating_is_not_done_twice_when_the_answer_is_lost(
    through_loss: Callable[[int], Workflows], client: Client
) -> None:
    saved = through_loss(2).create("Once", "1\n")
    assert [item.id for item in client.workflows.list()] == [saved.id]


def test_saving_is_not_done_twice_when_the_answer_is_lost(
    through_loss: Callable[[int], Workflows], client: Client
) -> None:
    saved = client.workflows.create("Once", notebook("1"))
    again = through_loss(1).update(saved, notebook("2"), tags=["t"])
    assert again.version == 2
    assert again.tags == ["t"]
    assert [each.version for each in client.workflows.history(saved)] == [2, 1]


def test_anothers_save_is_no_lost_answer(
    through_loss: Callable[[int], Workflows], client: Client
) -> None:
    saved = client.workflows.create("Contested", "1\n")
    client.workflows.save("Contested", "theirs\n")
    with pytest.raises(errors.VersionConflict):
        through_loss(1).update(saved.id, "mine\n", version=1)
    assert client.workflows.get(saved.id).code == "theirs\n"


def test_deleting_when_the_answer_is_lost(
    through_loss: Callable[[int], Workflows], client: Client
) -> None:
    saved = client.workflows.create("Gone", "1\n")
    through_loss(1).delete(saved)
    assert list(client.workflows.list()) == []
