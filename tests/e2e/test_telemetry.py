"""A real deploy as a trace, received on loopback."""

import json
import time

import pytest

from tests.e2e.machine import Shop
from tests.e2e.tiny import TOKEN, fates, newest
from tests.runtime.otlp_receiver import Received, Receiver, receiving

pytestmark = pytest.mark.e2e

TRACE, JOB = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def commands(receiver: Receiver, phase: str) -> list[Received]:
    """Return the commands that belong to the host in a phase."""
    (host,) = (
        span.id
        for span in receiver.spans
        if span.name == "host local" and span.attributes["stagecraft.phase"] == phase
    )
    return [span for span in receiver.spans if span.parent == host]


def test_a_deploy_is_a_trace_with_every_command_where_it_ran(tiny: Shop) -> None:
    began = time.time_ns()
    with receiving() as receiver:
        tiny.environment.update(receiver.environ)
        done = tiny.stagecraft("deploy", "--env", "demo", TRACEPARENT=f"00-{TRACE}-{JOB}-01")
    ended = time.time_ns()

    assert 0 == done.returncode, done.stderr
    assert "the trace was not sent" not in done.stderr
    assert ["deploy", "  build", "    host local", "  rollout", "    host local", "  finalize"] == [
        line for line in receiver.tree() if "push" not in line
    ]
    release = receiver.named("deploy")
    assert (TRACE, JOB) == (release.trace_id, release.parent)
    assert {"demo-1", "deploy", 0} <= set(release.attributes.values())
    lines = [str(span.attributes["process.command_line"]) for span in commands(receiver, "build")]
    assert any(line.startswith("docker buildx bake ") for line in lines)
    assert {"GET", "docker-compose"} <= {span.name for span in commands(receiver, "rollout")}
    assert "create web" in {name for span in receiver.spans for name, _ in span.moments}
    by_id = {span.id: span for span in receiver.spans}
    around = [(span, by_id[span.parent]) for span in receiver.spans if span.parent != JOB]
    assert [] == [span for span, parent in around if not parent.begin <= span.begin <= span.end <= parent.end]
    assert began < release.begin < release.end < ended


def test_a_rollout_that_fails_is_an_error_up_to_the_release_and_no_secret_leaves(tiny: Shop) -> None:
    tiny.write("web/run.sh", 'echo "$TOKEN"\nexit 3\n')
    tiny.replace("stagecraft.yml", "health_timeout: 20s", "health_timeout: 3s")
    tiny.commit("Tell and die")
    with receiving() as receiver:
        tiny.environment.update(receiver.environ)
        done = tiny.stagecraft("deploy", "--env", "demo", "--log-format", "json", "--verbose")

    assert 5 == done.returncode
    assert "failed" == fates(newest(tiny))["rollout"]
    assert ["deploy", "host local", "rollout"] == sorted(
        span.name for span in receiver.spans if span.failed and "process.command_line" not in span.attributes
    )
    error = receiver.named("rollout").error
    assert error.startswith("host local: `web` failed: ")
    assert error == receiver.named("deploy").error
    assert 5 == receiver.named("deploy").attributes["stagecraft.exit_code"]
    records = [json.loads(line) for line in done.stderr.splitlines()]
    assert {TOKEN in body.decode("latin-1") for body in receiver.bodies} == {False}
    assert TOKEN not in done.stderr
    assert any("***TOKEN***" in line for line in records[-1]["log"])
    assert {span.id for span in receiver.spans} >= {record["span_id"] for record in records}


def test_a_receiver_that_hangs_is_one_note(tiny: Shop) -> None:
    with receiving(answer=0) as receiver:
        tiny.environment.update(receiver.environ)
        done = tiny.stagecraft("deploy", "--env", "demo", OTEL_BSP_EXPORT_TIMEOUT="500")

    assert 0 == done.returncode, done.stderr
    assert {"completed", "skipped"} == set(fates(newest(tiny)).values())
    assert 1 == done.stderr.count(f"note: the trace was not sent: `{receiver.address}` did not take it")
