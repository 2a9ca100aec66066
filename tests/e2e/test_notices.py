"""Whoever is told of a real release, well or badly behaved: the release is what it would have been."""

import json
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.machine import Shop
from tests.e2e.runs import PATIENCE, going, writes
from tests.e2e.tiny import BASE, TOKEN, newest
from tests.runtime.servers import Answering, answering

pytestmark = [pytest.mark.e2e, pytest.mark.beside]

LIMIT = 3
"""Seconds that each target has."""
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
WHY = {
    "hangs": ("no answer in time", f"not done within {LIMIT}s"),
    "breaks": ("the answer was 500",),
    "moves": ("the answer was 302, which is not followed",),
    "floods": ("cannot be reached: the answer is not HTTP",),
    "drips": ("no answer in time", f"not done within {LIMIT}s"),
}


def notify(tiny: Shop, **targets: dict[str, Any]) -> None:
    """Give the project these targets; each has LIMIT unless it says something else."""
    entries = [{"name": name, "timeout": f"{LIMIT}s", **target} for name, target in targets.items()]
    before = (
        (tiny.root / "stagecraft.yml").read_text().replace("secrets:\n", "secrets:\n  HOOK: {env: HOOK}\n")
    )
    tiny.write("stagecraft.yml", f"{before}notify: {json.dumps(entries)}\n")
    tiny.commit("Notices")


def webhook(server: Answering, **more: Any) -> dict[str, Any]:
    return {"type": "webhook", "url": f"{server.url}/in", **more}


def sent(server: Answering) -> list[dict[str, Any]]:
    """Return the bodies that arrived."""
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in server.requests]


def run(tiny: Shop, *command: str, hook: str = "") -> tuple[int, list[dict[str, Any]], str]:
    """Return the exit code of a run, its events, and everything it wrote."""
    result = tiny.stagecraft(*command, "--format", "json", HOOK=hook)
    return (
        result.returncode,
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stdout + result.stderr,
    )


def when(events: list[dict[str, Any]], kind: str, phase: str = "", status: str = "") -> float:
    """Return the second of a run at which something happened."""
    found = (
        e
        for e in events
        if e["event"] == kind and (phase, status) in (("", ""), (e.get("phase"), e.get("status")))
    )
    return float(next(found)["at"])


def test_whoever_hangs_breaks_moves_floods_or_drips_changes_nothing_and_costs_no_more_than_its_limit(
    tiny: Shop,
) -> None:
    with ExitStack() as stack:
        good = stack.enter_context(answering(OK))
        bad = {
            "hangs": stack.enter_context(answering(None)),
            "breaks": stack.enter_context(answering(b"HTTP/1.1 500 X\r\n\r\n")),
            "moves": stack.enter_context(
                answering(f"HTTP/1.1 302 X\r\nLocation: {good.url}/moved\r\n\r\n".encode())
            ),
            "floods": stack.enter_context(answering(b"x" * 1_000_000, flood=True)),
            "drips": stack.enter_context(answering(b"H" * 10_000, drip=0.1)),
        }
        notify(tiny, good=webhook(good), **{name: webhook(server) for name, server in bad.items()})
        code, events, _ = run(tiny, "deploy", "--env", "demo")
        tiny.write("web/run.sh", "exit 7\n")
        tiny.commit("Broken")
        failing, failed, _ = run(tiny, "deploy", "--env", "demo")

    notes = [event["text"] for event in events if event["event"] == "note"]
    assert 0 == code
    for name, reasons in WHY.items():
        assert any(f"`{name}` could not be notified: {why}" in notes for why in reasons), notes
    assert (len(WHY), "release_finished") == (len(notes), events[-1]["event"])
    assert when(events, "phase", "build", "running") - when(events, "release_started") < 2 * LIMIT
    assert when(events, "release_finished") - when(events, "phase", "finalize", "completed") < LIMIT + 5
    assert (5, "failed") == (failing, failed[-1]["release"]["status"])
    assert ["started", "completed", "started", "failed"] == [notice["event"] for notice in sent(good)]
    assert all(b"POST /in " in request for request in good.requests)
    assert "rollout" == sent(good)[-1]["phase"]


def test_a_secret_is_in_no_notice_and_a_secret_url_is_nowhere(tiny: Shop) -> None:
    tiny.write("web/run.sh", "env\necho $TOKEN | base64\nexit 7\n")
    with answering(OK) as server, answering(b"HTTP/1.1 404 X\r\n\r\n") as lost:
        notify(
            tiny,
            json=webhook(server),
            slack=webhook(server, format="slack"),
            discord=webhook(server, format="discord"),
            teams=webhook(server, format="teams"),
            secret={"type": "webhook", "url": {"secret": "HOOK"}},
        )
        url = f"{lost.url}/hidden-path-4711"
        code, events, written = run(tiny, "deploy", "--env", "demo", "--message", f"with {TOKEN}", hook=url)

    failures = [notice for notice in sent(server) if notice.get("event") == "failed"]
    assert 5 == code
    assert "with ***TOKEN***" == failures[0]["message"]
    assert any("TOKEN=***TOKEN***" in line for line in failures[0]["log"]), failures[0]["log"]
    assert TOKEN not in json.dumps(sent(server))
    assert "`secret` could not be notified: the answer was 404" in [event.get("text") for event in events]
    assert (2, "") == (len(lost.requests), "hidden-path" if "hidden-path" in written else "")


def test_a_signal_is_told_as_interrupted(tiny: Shop) -> None:
    tiny.write("web/Dockerfile", f'FROM {BASE}\nRUN sleep 71\nCMD ["true"]\n')
    with answering(OK) as server:
        notify(tiny, good=webhook(server))
        with going(tiny, "deploy", "--env", "demo") as going_on:
            going_on.wait_for(writes("RUN sleep 71"))
            going_on.program.send_signal(signal.SIGTERM)
            code = going_on.end()

    told = sent(server)[-1]
    assert (143, "interrupted", "build", "stopped by SIGTERM") == (
        code,
        told["event"],
        told["phase"],
        told["error"],
    )


def test_the_lock_is_free_while_the_last_notice_is_waited_for_and_a_signal_ends_the_waiting(
    tiny: Shop,
) -> None:
    with answering(None) as server:
        notify(tiny, slow=webhook(server, timeout="5m", on=["completed"]))
        with going(tiny, "deploy", "--env", "demo") as going_on:
            going_on.wait_for(
                lambda event: event.get("phase") == "finalize" and event.get("status") == "completed"
            )
            until = time.monotonic() + PATIENCE
            while json.loads(tiny.stagecraft("lock", "show", "--env", "demo", "--format", "json").stdout)[
                "held"
            ]:
                assert time.monotonic() < until
            still = going_on.program.poll()
            going_on.program.send_signal(signal.SIGTERM)
            code = going_on.end()

    assert (None, 0, "completed") == (still, code, newest(tiny)["status"])


def test_a_program_that_will_not_end_is_gone_when_the_run_is_over(tiny: Shop) -> None:
    stubborn = "trap '' TERM; echo $$ > .git/pid; while :; do sleep 600; done"
    notify(tiny, stubborn={"type": "command", "command": ["sh", "-c", stubborn], "on": ["completed"]})
    code, events, _ = run(tiny, "deploy", "--env", "demo")

    pid = int((tiny.root / ".git" / "pid").read_text())
    assert (0, "release_finished") == (code, events[-1]["event"])
    until = time.monotonic() + PATIENCE
    while _alive(pid):
        assert time.monotonic() < until, "the program of a notice outlived the run"
        time.sleep(0.05)


def test_drift_is_told_when_it_is_asked_for(tiny: Shop) -> None:
    with answering(OK) as server:
        notify(tiny, good=webhook(server, on=["drift"]))
        assert 0 == run(tiny, "deploy", "--env", "demo")[0]
        assert 0 == tiny.stagecraft("status", "--env", "demo", "--notify", "--exit-code").returncode
        tiny.compose("rm", "--stop", "--force", "side")
        assert 10 == tiny.stagecraft("status", "--env", "demo", "--exit-code").returncode
        assert [] == server.requests
        assert 10 == tiny.stagecraft("status", "--env", "demo", "--notify", "--exit-code").returncode

    (notice,) = sent(server)
    assert ("drift", "demo-1", "local", ["local side: 1 of 1 containers missing"]) == (
        notice["event"],
        notice["release"],
        notice["host"],
        notice["log"],
    )


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
