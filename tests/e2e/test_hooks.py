"""Hooks around the phases of a real deploy."""

import json
import signal
from typing import Any

import pytest

from tests.e2e.machine import Shop
from tests.e2e.runs import descendants, going, still_there, writes
from tests.e2e.tiny import TOKEN, fates, inside, newest, phase

pytestmark = pytest.mark.e2e

TELL = (
    "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k[:5] in ('STAGE', 'TOKEN')}))"
)


def hooked(tiny: Shop, *hooks: dict[str, Any]) -> None:
    """Give the project these hooks."""
    tiny.write("stagecraft.yml", (tiny.root / "stagecraft.yml").read_text() + f"hooks: {json.dumps(hooks)}\n")
    tiny.commit("Hooks")


def hook(name: str, when: str, around: str, *command: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "when": when, "phase": around, "command": list(command), **more}


def kept(release: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["status"]) for one in release["hooks"]]


def test_hooks_run_around_their_phases_know_the_release_and_are_recorded(tiny: Shop) -> None:
    hooked(
        tiny,
        hook("order", "before", "build", "sh", "-c", "echo build >> .git/order"),
        hook("tell", "after", "rollout", "python3", "-c", TELL, secrets=["TOKEN"]),
        hook("late", "after", "rollout", "sh", "-c", "echo rollout >> .git/order", timeout="10s"),
        hook("never", "before", "push", "false"),
        hook("tidy", "after", "finalize", "sh", "-c", "exit 9", on_failure="warn"),
    )

    result = tiny.stagecraft("deploy", "--env", "demo", "--format", "json")

    assert 0 == result.returncode, result.stderr
    events = [json.loads(line) for line in result.stdout.splitlines()]
    told = next(json.loads(event["line"]) for event in events if event.get("source") == "hook tell")
    release = events[-1]["release"]
    assert [("order", "completed"), ("tell", "completed"), ("late", "completed")] == kept(release)
    assert ("demo-1", "rollout", release["version"]) == (
        told["STAGECRAFT_RELEASE"],
        told["STAGECRAFT_PHASE"],
        told["STAGECRAFT_VERSION"],
    )
    assert "***TOKEN***" == told["TOKEN"]
    assert TOKEN not in result.stdout + result.stderr
    assert "build\nrollout\n" == (tiny.root / ".git" / "order").read_text()
    notes = [event["text"] for event in events if event["event"] == "note"]
    assert ["hook `tidy` failed with exit code 9; that is a warning only"] == notes
    assert release["hooks"] == newest(tiny)["hooks"]


def test_a_smoke_test_that_fails_fails_the_rollout_and_a_warning_does_not(tiny: Shop) -> None:
    hooked(
        tiny,
        hook("shaky", "before", "rollout", "sh", "-c", "echo not sure; exit 3", on_failure="warn"),
        hook("smoke", "after", "rollout", "sh", "-c", "echo no answer; exit 4"),
    )

    result = tiny.stagecraft("deploy", "--env", "demo")

    failed = newest(tiny)
    assert 8 == result.returncode, result.stderr
    assert "hook `shaky` failed with exit code 3; that is a warning only" in result.stdout + result.stderr
    assert "`rollout` failed: hook `smoke` failed with exit code 4" in result.stderr
    assert [("shaky", "failed"), ("smoke", "failed")] == kept(failed)
    assert (["no answer"], "skipped") == (phase(failed, "rollout")["log"], fates(failed)["finalize"])
    assert "first page" == inside(tiny, "web", "cat", "/app/page.txt")
    shown = tiny.stagecraft("releases", "show", "demo-1").stdout
    assert "before rollout: failed" in shown
    assert "not sure" in shown


def test_a_hook_before_a_phase_that_fails_keeps_it_from_touching_anything(tiny: Shop) -> None:
    hooked(tiny, hook("ask", "before", "rollout", "./missing"))
    result = tiny.stagecraft("deploy", "--env", "demo")
    assert (5, {}) == (result.returncode, tiny.containers())
    assert "hook `ask`: program `./missing` is not there" in result.stderr


def test_a_signal_ends_a_hook_with_everything_it_started(tiny: Shop) -> None:
    stubborn = "trap '' TERM; sleep 600 & echo begun; wait; sleep 600"
    hooked(tiny, hook("stubborn", "before", "build", "sh", "-c", stubborn))
    with going(tiny, "deploy", "--env", "demo") as run:
        run.wait_for(writes("begun"))
        started = descendants(run.program.pid)
        run.program.send_signal(signal.SIGTERM)
        code = run.end()
        left = still_there(started)

    stopped = newest(tiny)
    assert (143, "interrupted", [("stubborn", "interrupted")]) == (code, stopped["status"], kept(stopped))
    assert (set(), True) == (left, bool(started))
