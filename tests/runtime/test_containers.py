"""From what an engine says of containers to containers, asked in either way."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.model.observed import Container, Health
from stagecraft.runtime.containers import TEMPLATE, look
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.engine_api import Reply
from tests.runtime.scripted import Answer, ScriptedRuns

NOW = datetime(2026, 11, 20, 8, 0, 10, tzinfo=UTC)


class At(Docker):
    """An engine of which it is known what time it is there."""

    def time(self) -> datetime:
        return NOW


def engine(runs: ScriptedRuns, address: str) -> Docker:
    return At(EngineAccess({"PATH": "/usr/bin", "DOCKER_HOST": address}), runs, monotonic=lambda: 0)


def with_commands(runs: ScriptedRuns) -> tuple[Container, ...]:
    return look(engine(runs, "tcp://engine:2375"), "shop", 60)


def at_socket(runs: ScriptedRuns) -> tuple[Container, ...]:
    return look(engine(runs, "unix:///run/docker.sock"), "shop", 60)


def line(**changes: Any) -> str:
    state = {"Status": "running", "ExitCode": 0, "StartedAt": "2026-11-20T08:00:00.500000000Z"}
    found = {
        "id": "c1",
        "name": "/shop-web-2",
        "state": {**state, **changes.pop("state", {})},
        "restarts": 1,
        "image": "shop/web:1",
        "image_id": "sha256:1",
        "volumes": "data ",
        "networks": {"shop_default": {"IPAddress": "172.19.0.2"}, "none": {"IPAddress": ""}},
        "service": "web",
        "number": "2",
        "replaces": None,
        "digest": "sha256:d",
        "inputs": None,
        **changes,
    }
    return json.dumps(found) + "\n"


def said(line: str) -> dict[str, Any]:
    """What the API says of the same container, and more."""
    found = json.loads(line)
    labels = {
        "com.docker.compose.service": found["service"],
        "com.docker.compose.container-number": found["number"],
        "com.docker.compose.replace": found["replaces"],
        "stagecraft.digest": found["digest"],
        "stagecraft.inputs": found["inputs"],
    }
    return {
        "Id": found["id"],
        "Name": found["name"],
        "State": found["state"],
        "RestartCount": found["restarts"],
        "Image": found["image_id"],
        "Config": {
            "Image": found["image"],
            "Env": ["PASSWORD=hunter2"],
            "Labels": {name: value for name, value in labels.items() if value is not None},
        },
        "Mounts": [{"Type": "bind"}, *({"Type": "volume", "Name": n} for n in found["volumes"].split())],
        "NetworkSettings": {"Networks": found["networks"]},
    }


def one(**changes: Any) -> Container:
    """One container, the same in both ways."""
    described = line(**changes)
    (found,) = with_commands(ScriptedRuns({"ps": [Answer("c1\n")], "inspect": [Answer(described)]}))
    listed, whole = Reply(200, [{"Id": "c1"}]), Reply(200, said(described))
    (same,) = at_socket(ScriptedRuns(replies={"/containers/json": [listed], "/containers/c1/json": [whole]}))
    assert found == same
    return found


def test_a_running_container_is_read_with_its_labels_and_its_age_by_the_engines_clock() -> None:
    expected = Container(
        id="c1",
        name="shop-web-2",
        service="web",
        number=2,
        state="running",
        restarts=1,
        up_for=9.5,
        digest="sha256:d",
        image="shop/web:1",
        image_id="sha256:1",
        addresses={"shop_default": "172.19.0.2"},
    )

    assert expected == one()


def test_a_container_that_does_not_run_has_no_age() -> None:
    assert 0 == one(state={"Status": "exited", "ExitCode": 3}).up_for


def test_a_clock_that_is_behind_gives_no_negative_age() -> None:
    assert 0 == one(state={"StartedAt": "2026-11-20T08:00:11Z"}).up_for


def test_the_outputs_of_health_checks_are_read() -> None:
    health = {"Status": "unhealthy", "Log": [{"Output": "refused\n"}, {"Output": "timed out"}]}

    found = one(state={"Health": health})

    assert (Health.UNHEALTHY, ("refused", "timed out")) == (found.health, found.health_log)


def test_a_container_without_our_labels_is_read_too() -> None:
    assert ("", "") == ((found := one(digest=None)).digest, found.inputs)


def test_the_environment_of_a_container_is_never_asked_for() -> None:
    assert "Env" not in TEMPLATE


def test_containers_of_docker_compose_run_are_not_listed() -> None:
    commands, questions = ScriptedRuns(), ScriptedRuns(replies={"/containers/json": [Reply(200, [])]})

    assert () == with_commands(commands) == at_socket(questions)

    labels = ["com.docker.compose.project=shop", "com.docker.compose.oneoff=False"]
    assert [f"--filter=label={label}" for label in labels] == list(commands.calls[0].argv[-2:])
    query = parse_qs(urlsplit(questions.asked[0][0]).query)
    assert ({"label": labels}, ["1"]) == (json.loads(query["filters"][0]), query["all"])


def test_all_containers_are_described_at_once() -> None:
    runs = ScriptedRuns(
        replies={
            "/containers/json": [Reply(200, [{"Id": "c1"}, {"Id": "c2"}])],
            "/containers/c1/json": [Reply(200, said(line()))],
            "/containers/c2/json": [Reply(200, said(line(id="c2")))],
        }
    )

    assert ["c1", "c2"] == [one.id for one in at_socket(runs)]
    assert ("/containers/c1/json", "/containers/c2/json") == runs.asked[1]
    assert [] == runs.calls


def test_one_that_disappears_after_it_was_listed_is_looked_for_again() -> None:
    runs = ScriptedRuns(
        replies={
            "/containers/json": [Reply(200, [{"Id": "gone"}, {"Id": "c1"}]), Reply(200, [{"Id": "c1"}])],
            "/containers/c1/json": [Reply(200, said(line()))],
        }
    )

    assert ["c1"] == [one.id for one in at_socket(runs)]


def test_containers_that_come_and_go_for_ever_are_a_failure() -> None:
    runs = ScriptedRuns(replies={"/containers/json": [Reply(200, [{"Id": "odd"}])]})

    with pytest.raises(StepFailedError, match="cannot be inspected: they come and go"):
        at_socket(runs)


@pytest.mark.parametrize("reply", [Reply(500, {"message": "no space left"})])
def test_an_engine_that_does_not_list_is_not_taken_for_an_empty_one(reply: Reply) -> None:
    with pytest.raises(StepFailedError, match="does not list its containers: no space left"):
        at_socket(ScriptedRuns(replies={"/containers/json": [reply]}))


class Dead(ScriptedRuns):
    def ask(self, *arguments: Any, **options: Any) -> tuple[Reply, ...]:
        raise ConnectionRefusedError


def test_an_engine_that_is_gone_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(StepFailedError, match="does not answer"):
        at_socket(Dead())


def test_a_volume_that_nobody_named_is_anonymous() -> None:
    assert (False, True) == (one().anonymous_volumes, one(volumes=f"data {'0a' * 32} ").anonymous_volumes)
