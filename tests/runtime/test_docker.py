"""What is asked of Docker once; the real engine's answers are in tests/e2e/test_docker.py."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stagecraft.errors import UnavailableError
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.engine_api import Reply
from stagecraft.runtime.engine_info import EngineInfo
from stagecraft.runtime.ports import PublishedPort
from stagecraft.runtime.process import ProcessTimeoutError
from tests.runtime.scripted import Answer, ScriptedRuns

SAID = {
    "ServerVersion": "26.1.5",
    "OSType": "linux",
    "Architecture": "x86_64",
    "SystemTime": "2026-11-20T08:00:00.5Z",
    "DockerRootDir": "/var/lib/docker",
}
INFO = json.dumps(SAID)


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A folder with a `docker` that writes down its environment and fails."""
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\nenv >>{tmp_path}/environment\nexit 1\n")
    program.chmod(0o755)
    return tmp_path


def docker(
    runs: ScriptedRuns,
    path: Path = Path("/usr/bin"),
    seconds: float = 100,
    address: str = "tcp://engine:2375",
) -> Docker:
    variables = {"PATH": f"{path}:/usr/bin:/bin", "DOCKER_HOST": address}
    return Docker(EngineAccess(variables), runs, monotonic=lambda: seconds)


def at_socket(runs: ScriptedRuns, path: Path = Path("/usr/bin")) -> Docker:
    return docker(runs, path, address="unix:///run/docker.sock")


def test_the_engine_says_who_it_is_in_the_words_of_image_platforms(client: Path) -> None:
    commands, questions = (
        ScriptedRuns({"info": [Answer(INFO)]}),
        ScriptedRuns(replies={"/info": [Reply(200, SAID)]}),
    )

    expected = EngineInfo("26.1.5", "linux", "amd64", "/var/lib/docker")

    assert expected == docker(commands, client).info()
    assert expected == at_socket(questions, client).info()
    assert (["info"], []) == (commands.commands, questions.commands)


def test_an_engine_that_does_not_answer_is_unavailable(client: Path) -> None:
    with pytest.raises(UnavailableError, match="the Docker engine at `tcp://engine:2375` does not answer"):
        docker(ScriptedRuns({"info": [Answer('""', code=1)]}), client).info()
    with pytest.raises(
        UnavailableError, match=r"the Docker engine at `unix:///run/docker.sock` does not answer"
    ):
        at_socket(ScriptedRuns(replies={"/info": [Reply(500, {"message": "no"})]}), client).info()


def test_a_machine_without_docker_is_told_so(tmp_path: Path) -> None:
    access = EngineAccess({"PATH": str(tmp_path)})

    with pytest.raises(UnavailableError, match="`docker` is not installed here"):
        Docker(access, ScriptedRuns()).info()


def test_the_engines_time_is_asked_once_and_goes_on_with_our_clock(client: Path) -> None:
    runs = ScriptedRuns({"info": [Answer(INFO)]})
    moments = iter([0.0, 10.0, 12.5, 14.0])
    variables = {"PATH": str(client), "DOCKER_HOST": "tcp://engine:2375"}
    engine = Docker(EngineAccess(variables), runs, monotonic=lambda: next(moments))

    assert datetime(2026, 11, 20, 8, 0, 3, tzinfo=UTC) == engine.time()
    assert datetime(2026, 11, 20, 8, 0, 4, 500000, tzinfo=UTC) == engine.time()
    assert ["info"] == runs.commands


def test_a_question_has_half_a_minute() -> None:
    runs = ScriptedRuns()

    docker(runs, seconds=100).images.tags("shop/web")

    assert [130] == [call.deadline for call in runs.calls]


def test_an_image_that_cannot_be_read_is_missing_only_if_the_engine_answers(client: Path) -> None:
    assert docker(ScriptedRuns({"info": [Answer(INFO)]}), client).images.get("shop/web:1") is None
    with pytest.raises(UnavailableError):
        docker(ScriptedRuns({"info": [Answer(code=1)]}), client).images.get("shop/web:1")


def test_python_on_whales_starts_docker_with_nothing_of_this_processs_environment(client: Path) -> None:
    docker(ScriptedRuns({"info": [Answer(INFO)]}), client).images.get("shop/web:1")

    names = {line.partition("=")[0] for line in (client / "environment").read_text().splitlines()}

    assert {"PATH", "DOCKER_HOST"} == names - {"PWD", "SHLVL", "_", "OLDPWD"}


def test_tags_leave_out_images_without_one() -> None:
    runs = ScriptedRuns({"image": [Answer("shop/web:2\nshop/web:<none>\nshop/web:1\n")]})

    assert ("shop/web:1", "shop/web:2") == docker(runs).images.tags("shop/web")


def test_published_ports_say_whose_they_are() -> None:
    ours = {
        "project": "shop",
        "service": "proxy",
        "ports": "127.0.0.1:80->8080/tcp, [::]:90-91->90-91/tcp, 9/tcp",
    }
    other = {"project": "", "service": "", "ports": ":::53->53/udp"}
    described = "\n".join(json.dumps(each) for each in (ours, other, {**other, "ports": ""}))
    listed = [
        {
            "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "proxy"},
            "Ports": [
                {"IP": "127.0.0.1", "PrivatePort": 8080, "PublicPort": 80, "Type": "tcp"},
                {"IP": "::", "PrivatePort": 90, "PublicPort": 90, "Type": "tcp"},
                {"IP": "::", "PrivatePort": 91, "PublicPort": 91, "Type": "tcp"},
                {"PrivatePort": 9, "Type": "tcp"},
            ],
        },
        {"Labels": None, "Ports": [{"IP": "::", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"}]},
        {"Labels": {}, "Ports": None},
    ]
    runs = ScriptedRuns({"ps": [Answer(described)]}, replies={"/containers/json": [Reply(200, listed)]})

    expected = (
        PublishedPort("127.0.0.1", 80, "tcp", "shop", "proxy"),
        PublishedPort("::", 53, "udp", "", ""),
        PublishedPort("::", 90, "tcp", "shop", "proxy"),
        PublishedPort("::", 91, "tcp", "shop", "proxy"),
    )

    assert expected == docker(runs).published_ports()
    assert expected == at_socket(runs).published_ports()


def test_the_two_streams_of_a_log_are_put_in_order() -> None:
    streams = Answer(stdout="08:00:01 a\n08:00:03 c d\n", stderr="08:00:02 b\n08:00:04 \n")

    assert ("b", "c d", "") == docker(ScriptedRuns({"logs": [streams]})).logs("web-1", 3)


def test_a_log_that_cannot_be_had_is_empty() -> None:
    assert () == docker(ScriptedRuns({"logs": [Answer(code=1, stderr="no such container")]})).logs("web-1", 3)


class Hanging(ScriptedRuns):
    def run(self, *arguments: Any, **options: Any) -> Answer:
        raise ProcessTimeoutError("`docker` was not done in time")

    def ask(self, *arguments: Any, **options: Any) -> tuple[Reply, ...]:
        raise ProcessTimeoutError("`GET` was not done in time")


class Gone(ScriptedRuns):
    def ask(self, *arguments: Any, **options: Any) -> tuple[Reply, ...]:
        raise ConnectionRefusedError


@pytest.mark.parametrize("runs", [Hanging(), Gone()])
def test_an_engine_that_hangs_or_is_gone_is_unavailable(client: Path, runs: ScriptedRuns) -> None:
    with pytest.raises(UnavailableError, match="does not answer"):
        at_socket(runs, client).info()


def test_an_engine_that_hangs_is_unavailable(client: Path) -> None:
    with pytest.raises(UnavailableError, match="does not answer"):
        docker(Hanging(), client).info()


def test_a_question_that_hangs_is_unavailable_and_named() -> None:
    with pytest.raises(UnavailableError, match="`docker image` had no answer within 30 seconds"):
        docker(Hanging()).images.tags("shop/web")


def test_a_command_that_is_late_is_no_question() -> None:
    with pytest.raises(ProcessTimeoutError):
        docker(Hanging()).run(("push", "shop/web:1"), deadline=1.0)
    with pytest.raises(ProcessTimeoutError):
        at_socket(Hanging()).ask("/containers/json", deadline=1.0)


def test_images_that_are_all_there_are_asked_for_once() -> None:
    runs = ScriptedRuns({"image": [Answer("sha256:1\nsha256:2\n")]})

    assert () == docker(runs).images.missing({"b", "a"})
    assert 1 == len(runs.calls)


def test_one_image_that_is_not_there_is_missing_without_a_second_question() -> None:
    runs = ScriptedRuns({"image": [Answer(code=1)]})

    assert ("a",) == docker(runs).images.missing({"a"})
    assert 1 == len(runs.calls)


def test_the_socket_is_asked_for_all_images_at_once() -> None:
    there = {"Id": "sha256:1", "RepoDigests": ["r.io:5000/shop/web@sha256:d"]}
    path = "/images/r.io:5000/shop/web:1@sha256:d/json"
    runs = ScriptedRuns(
        replies={
            path: [Reply(200, there)],
            "/images/sha256:2/json": [Reply(200, {**there, "Id": "sha256:2", "RepoDigests": None})],
        }
    )

    assert ("gone",) == at_socket(runs).images.missing({"r.io:5000/shop/web:1@sha256:d", "gone"})
    assert [("/images/gone/json", path)] == runs.asked
    assert {"sha256:2": ()} == at_socket(runs).images.digests({"sha256:2", "sha256:3"})


def test_nothing_is_asked_of_no_image() -> None:
    runs = ScriptedRuns()

    assert ((), {}) == (at_socket(runs).images.missing([]), at_socket(runs).images.digests([]))
    assert [] == runs.asked


@pytest.mark.parametrize(
    ("expected", "reply"),
    [
        (True, Reply(404, {"message": "manifest unknown"})),
        (True, Reply(500, {"message": "no basic auth credentials"})),
        (False, Reply(500, {"message": "dial tcp: connection refused"})),
    ],
)
def test_a_registry_that_answers_anything_answers(expected: bool, reply: Reply) -> None:
    runs = ScriptedRuns(replies={"/distribution/r.io/shop/web:1/json": [reply]})

    assert expected is at_socket(runs).images.registry_answers("r.io/shop/web:1")


@pytest.mark.parametrize("runs", [Hanging(), Gone()])
def test_a_registry_whose_engine_does_not_say_does_not_answer(runs: ScriptedRuns) -> None:
    assert not at_socket(runs).images.registry_answers("r.io/shop/web:1")
