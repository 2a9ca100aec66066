"""What is asked of Docker once; the real engine's answers are in tests/e2e/test_docker.py."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stagecraft.errors import UnavailableError
from stagecraft.runtime.docker import Docker, EngineInfo
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.ports import PublishedPort
from stagecraft.runtime.process import ProcessTimeoutError
from tests.runtime.scripted import Answer, ScriptedRuns

INFO = json.dumps(
    {"version": "26.1.5", "os": "linux", "architecture": "x86_64", "time": "2026-11-20T08:00:00.5Z"}
)


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A folder with a `docker` that writes down its environment and fails."""
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\nenv >>{tmp_path}/environment\nexit 1\n")
    program.chmod(0o755)
    return tmp_path


def docker(runs: ScriptedRuns, path: Path = Path("/usr/bin"), seconds: float = 100) -> Docker:
    return Docker(EngineAccess({"PATH": f"{path}:/usr/bin:/bin"}), runs, monotonic=lambda: seconds)


def test_the_engine_says_who_it_is_in_the_words_of_image_platforms(client: Path) -> None:
    runs = ScriptedRuns({"info": [Answer(INFO)]})

    assert EngineInfo("26.1.5", "linux", "amd64") == docker(runs, client).info()


def test_an_engine_that_does_not_answer_is_unavailable(client: Path) -> None:
    with pytest.raises(UnavailableError, match="the Docker engine at its usual address does not answer"):
        docker(ScriptedRuns({"info": [Answer('""', code=1)]}), client).info()


def test_a_machine_without_docker_is_told_so(tmp_path: Path) -> None:
    access = EngineAccess({"PATH": str(tmp_path)})

    with pytest.raises(UnavailableError, match="`docker` is not installed here"):
        Docker(access, ScriptedRuns()).info()


def test_the_engines_time_is_asked_once_and_goes_on_with_our_clock(client: Path) -> None:
    runs = ScriptedRuns({"info": [Answer(INFO)]})
    moments = iter([0.0, 10.0, 12.5, 14.0])
    engine = Docker(EngineAccess({"PATH": str(client)}), runs, monotonic=lambda: next(moments))

    assert datetime(2026, 11, 20, 8, 0, 3, tzinfo=UTC) == engine.time()
    assert datetime(2026, 11, 20, 8, 0, 4, 500000, tzinfo=UTC) == engine.time()
    assert ["info"] == runs.commands


def test_a_question_has_half_a_minute() -> None:
    runs = ScriptedRuns()

    docker(runs, seconds=100).projects()

    assert [130] == [call.deadline for call in runs.calls]


def test_an_image_that_cannot_be_read_is_missing_only_if_the_engine_answers(client: Path) -> None:
    assert docker(ScriptedRuns({"info": [Answer(INFO)]}), client).image("shop/web:1") is None
    with pytest.raises(UnavailableError):
        docker(ScriptedRuns({"info": [Answer(code=1)]}), client).image("shop/web:1")


def test_python_on_whales_starts_docker_with_nothing_of_this_processs_environment(client: Path) -> None:
    docker(ScriptedRuns({"info": [Answer(INFO)]}), client).image("shop/web:1")

    names = {line.partition("=")[0] for line in (client / "environment").read_text().splitlines()}

    assert {"PATH"} == names - {"PWD", "SHLVL", "_", "OLDPWD"}


def test_tags_leave_out_images_without_one() -> None:
    runs = ScriptedRuns({"image": [Answer("shop/web:2\nshop/web:<none>\nshop/web:1\n")]})

    assert ("shop/web:1", "shop/web:2") == docker(runs).tags("shop/web")


def test_published_ports_say_whose_they_are() -> None:
    ours = {
        "project": "shop",
        "service": "proxy",
        "ports": "127.0.0.1:80->8080/tcp, [::]:90-91->90-91/tcp, 9/tcp",
    }
    other = {"project": "", "service": "", "ports": ":::53->53/udp"}
    described = "\n".join(json.dumps(each) for each in (ours, other, {**other, "ports": ""}))
    runs = ScriptedRuns({"ps": [Answer(described)]})

    expected = (
        PublishedPort("127.0.0.1", 80, "tcp", "shop", "proxy"),
        PublishedPort("::", 53, "udp", "", ""),
        PublishedPort("::", 90, "tcp", "shop", "proxy"),
        PublishedPort("::", 91, "tcp", "shop", "proxy"),
    )

    assert expected == docker(runs).published_ports()


def test_projects_are_named_once_and_plain_containers_not_at_all() -> None:
    assert ("blog", "shop") == docker(ScriptedRuns({"ps": [Answer("shop\n\nblog\nshop\n")]})).projects()


def test_the_two_streams_of_a_log_are_put_in_order() -> None:
    streams = Answer(stdout="08:00:01 a\n08:00:03 c d\n", stderr="08:00:02 b\n08:00:04 \n")

    assert ("b", "c d", "") == docker(ScriptedRuns({"logs": [streams]})).logs("web-1", 3)


def test_a_log_that_cannot_be_had_is_empty() -> None:
    assert () == docker(ScriptedRuns({"logs": [Answer(code=1, stderr="no such container")]})).logs("web-1", 3)


class Hanging(ScriptedRuns):
    def run(self, *arguments: Any, **options: Any) -> Answer:
        raise ProcessTimeoutError("`docker` was not done in time")


def test_an_engine_that_hangs_is_unavailable(client: Path) -> None:
    with pytest.raises(UnavailableError, match="does not answer"):
        docker(Hanging(), client).info()


def test_a_question_that_hangs_is_unavailable_and_named() -> None:
    with pytest.raises(UnavailableError, match="`docker ps` had no answer within 30 seconds"):
        docker(Hanging()).projects()


def test_a_command_that_is_late_is_no_question() -> None:
    with pytest.raises(ProcessTimeoutError):
        docker(Hanging()).run(("push", "shop/web:1"), deadline=1.0)


def test_images_that_are_all_there_are_asked_for_once() -> None:
    runs = ScriptedRuns({"image": [Answer("sha256:1\nsha256:2\n")]})

    assert () == Docker(EngineAccess({"PATH": "/usr/bin"}), runs).missing({"b", "a"})
    assert 1 == len(runs.calls)


def test_one_image_that_is_not_there_is_missing_without_a_second_question() -> None:
    runs = ScriptedRuns({"image": [Answer(code=1)]})

    assert ("a",) == Docker(EngineAccess({"PATH": "/usr/bin"}), runs).missing({"a"})
