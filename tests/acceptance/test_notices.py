"""What is told of runs, from the configuration to a program that is told (spec/notices.md)."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import Release
from stagecraft.model.step import Step
from tests.acceptance.shop import PASSWORD, Shop

KEEP = """\
import json, os, sys
with open(sys.argv[1], "a") as kept:
    kept.write(json.dumps([json.load(sys.stdin), dict(os.environ)]) + chr(10))
"""


class Listening:
    """A shop whose notices are kept by a program."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop = shop
        self._kept = folder / "kept"

    def notify(self, more: str = "", name: str = "keeper") -> str:
        """Add a target to the configuration; `more` are further keys."""
        command = json.dumps([sys.executable, "-S", "-c", KEEP, str(self._kept)])
        entry = f"  - {{name: {name}, type: command, command: {command}{more}}}\n"
        self.shop.write("stagecraft.yml", f"{self._before()}notify:\n{entry}")
        return entry

    def _before(self) -> str:
        return (self.shop.folder / "stagecraft.yml").read_text().partition("notify:\n")[0]

    @property
    def kept(self) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """What the program was told, and in which environment."""
        return [tuple(json.loads(line)) for line in self._kept.read_text().splitlines()]

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Event and release of each notice."""
        return [(notice["event"], notice["release"]) for notice, _ in self.kept]


@pytest.fixture
def listening(shop: Shop, tmp_path: Path) -> Listening:
    return Listening(shop, tmp_path)


def test_a_deploy_is_told_from_its_start_to_its_end(listening: Listening) -> None:
    listening.notify()
    listening.shop.deploy("1.0")
    assert [("started", "demo-1"), ("completed", "demo-1")] == listening.heard
    notice, environment = listening.kept[1]
    assert ("shop", "demo", "1.0", "deploy", "ada@laptop") == tuple(
        notice[name] for name in ("project", "environment", "version", "kind", "actor")
    )
    assert ("completed", "demo-1", "") == (
        environment["STAGECRAFT_EVENT"],
        environment["STAGECRAFT_RELEASE"],
        environment["STAGECRAFT_PHASE"],
    )
    assert "DATABASE_PASSWORD" not in environment


def test_only_what_is_wanted_is_told_and_only_where(listening: Listening) -> None:
    listening.notify(", on: [rolled_back]")
    listening.shop.deploy("1.0")
    listening.shop.deploy("2.0")
    assert 0 == listening.shop.cli("rollback --env demo").code
    assert [("rolled_back", "demo-3")] == listening.heard
    listening.notify(", environments: [prod]")
    listening.shop.deploy("3.0")
    assert [("rolled_back", "demo-3")] == listening.heard


def test_a_failure_is_told_with_its_reason_and_no_secret(listening: Listening) -> None:
    listening.notify(", on: [failed]")

    def behaviour(step: Step, _release: Release) -> Outcome | None:
        if step.kind == "rollout":
            raise StepFailedError("it broke", log=("one", f"password is {PASSWORD}"))
        return None

    listening.shop.world.behaviour = behaviour
    said = listening.shop.cli("deploy --env demo --version 1.0 --message", f"because of {PASSWORD}")
    ((notice, environment),) = listening.kept
    assert 5 == said.code
    assert ("rollout", "local", "it broke") == (notice["phase"], notice["host"], notice["error"])
    assert ["one", "password is ***DATABASE_PASSWORD***"] == notice["log"]
    assert "because of ***DATABASE_PASSWORD***" == notice["message"] == environment["STAGECRAFT_MESSAGE"]
    assert PASSWORD not in json.dumps([notice, environment])


def test_a_run_that_died_is_told_by_the_next_one(listening: Listening) -> None:
    listening.shop.killed("1.0", "rollout")
    listening.notify(", on: [interrupted, completed]")
    listening.shop.deploy("1.0")
    assert [("interrupted", "demo-1"), ("completed", "demo-2")] == listening.heard
    assert "its run died; a later one has found it" == listening.kept[0][0]["error"]


def test_a_secret_that_a_target_asked_for_is_in_its_environment(listening: Listening) -> None:
    listening.notify(", secrets: [DATABASE_PASSWORD], on: [completed]")
    listening.shop.deploy("1.0")
    assert PASSWORD == listening.kept[0][1]["DATABASE_PASSWORD"]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (
            "type: webhook, url: {secret: CHAT_URL}",
            "1 secret has no value: `CHAT_URL` (variable `NOBODY` is not set)",
        ),
        ("type: command, command: [./missing]", "program `./missing` is not there"),
        (
            "type: command, command: [sh, -c, 'echo no >&2; exit 3'], timeout: 2s",
            "`sh` failed with exit code 3: no",
        ),
        ("type: webhook, url: 'http://127.0.0.1:9/secret-path'", "cannot be reached: Connection refused"),
    ],
)
def test_whoever_cannot_be_told_is_one_note_and_the_release_completes(
    shop: Shop, entry: str, why: str
) -> None:
    shop.change("stagecraft.yml", "secrets:\n", "secrets:\n  CHAT_URL: {env: NOBODY}\n")
    shop.write(
        "stagecraft.yml",
        (shop.folder / "stagecraft.yml").read_text() + f"notify: [{{name: chat, {entry}}}]\n",
    )
    said = shop.cli("deploy --env demo --version 1.0 --format json")
    events = [json.loads(line) for line in said.out.splitlines()]
    assert (0, "completed") == (said.code, shop.newest().status)
    assert [f"`chat` could not be notified: {why}"] == [
        event["text"] for event in events if event["event"] == "note"
    ]
    assert "release_finished" == events[-1]["event"]
    assert "secret-path" not in said.out + said.err


def test_a_refusal_before_there_is_a_release_tells_nobody(listening: Listening) -> None:
    listening.notify()
    listening.shop.world.engine_is_down = True
    assert 3 == listening.shop.cli("deploy --env demo --version 1.0").code
    assert not (listening.shop.folder.parent / "kept").exists()
