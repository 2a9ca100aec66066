"""A whole run and its trace, received on loopback; a receiver never changes how a run ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.shop import PASSWORD, Shop, fails
from tests.runtime.otlp_receiver import receiving, surrounded

ROOT = Path(__file__).parents[2]
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
QUICK = {"OTEL_BSP_EXPORT_TIMEOUT": "300", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
DEPLOY = "deploy --env demo --version 1.0"


def traced(shop: Shop, line: str, environ: dict[str, str]) -> Any:
    """Type a command line where both we and the SDK see the variables."""
    with surrounded(environ):
        return shop.cli(line, environ=environ)


def records(said: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.err.splitlines()]


def test_a_deploy_is_one_trace(shop: Shop) -> None:
    with receiving() as receiver:
        said = traced(shop, DEPLOY, receiver.environ)
    assert (0, "") == (said.code, said.err)
    assert [
        "deploy",
        "  build",
        "    host local",
        "  push",
        "    host local",
        "  rollout",
        "    host local",
        "  finalize",
    ] == receiver.tree()
    assert 1 == len({span.trace_id for span in receiver.spans})
    release = receiver.named("deploy")
    assert {
        "stagecraft.project": "shop",
        "stagecraft.environment": "demo",
        "stagecraft.release": "demo-1",
        "stagecraft.version": "1.0",
        "stagecraft.kind": "deploy",
        "stagecraft.exit_code": 0,
    } == release.attributes
    planning = {span.name for span in receiver.spans if span.parent == release.id}
    assert {"git", "docker-compose"} & planning or "docker compose" in planning


def test_a_deploy_that_fails_is_a_trace_with_errors(shop: Shop) -> None:
    shop.world.behaviour = fails("rollout")
    with receiving() as receiver:
        said = traced(shop, DEPLOY, receiver.environ)
    assert 5 == said.code
    assert [
        "deploy FAILED rollout broke",
        "  build",
        "    host local",
        "  push",
        "    host local",
        "  rollout FAILED rollout broke",
        "    host local FAILED rollout broke",
    ] == receiver.tree()
    assert 5 == receiver.named("deploy").attributes["stagecraft.exit_code"]


@pytest.mark.parametrize(
    ("line", "name"), [("rollback --env demo", "rollback"), ("destroy --env demo --yes", "destroy")]
)
def test_every_kind_of_release_is_a_trace(shop: Shop, line: str, name: str) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    with receiving() as receiver:
        assert 0 == traced(shop, line, receiver.environ).code
    assert name == receiver.named(name).attributes["stagecraft.kind"]


def test_the_release_is_a_child_of_the_job_that_started_it(shop: Shop) -> None:
    with receiving() as receiver:
        traced(shop, DEPLOY, receiver.environ | {"TRACEPARENT": PARENT})
    release = receiver.named("deploy")
    assert ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331") == (release.trace_id, release.parent)


def test_a_secret_is_nowhere_in_what_is_sent(shop: Shop) -> None:
    with receiving() as receiver:
        traced(shop, DEPLOY, receiver.environ)
    assert receiver.bodies
    assert [] == [body for body in receiver.bodies if PASSWORD.encode() in body]


@pytest.mark.parametrize(("kind", "code"), [("", 0), ("push", 5)])
@pytest.mark.parametrize("answer", [0, 500])
def test_a_receiver_that_hangs_or_refuses_changes_nothing_but_one_note(
    shop: Shop, answer: int, kind: str, code: int
) -> None:
    shop.world.behaviour = fails(kind)
    without = shop.copy(shop.folder.parent / "without")
    without.world.behaviour = fails(kind)
    with receiving(answer) as receiver:
        said = traced(shop, DEPLOY, receiver.environ | QUICK)
    expected = without.cli(DEPLOY)
    notes = [line for line in said.err.splitlines() if "the trace was not sent" in line]
    assert (code, expected.out) == (said.code, said.out)
    assert 1 == len(notes)
    assert notes[0].startswith(f"note: the trace was not sent: `{receiver.address}` did not take it")
    assert expected.err.splitlines() == [line for line in said.err.splitlines() if line not in notes]


def test_a_refusal_sends_nothing(shop: Shop) -> None:
    with receiving() as receiver:
        said = traced(shop, "rollback --env demo", receiver.environ)
    assert (6, []) == (said.code, receiver.bodies)


def test_log_records_refer_to_the_spans(shop: Shop) -> None:
    with receiving() as receiver:
        said = traced(shop, f"{DEPLOY} --log-format json --verbose", receiver.environ)
    spans = {span.id: span for span in receiver.spans}
    assert {span.trace_id for span in receiver.spans} == {record["trace_id"] for record in records(said)}
    told = {(record["message"], spans[record["span_id"]].name) for record in records(said)}
    assert {
        ("demo-1: 1.0 to demo", "deploy"),
        ("rollout running", "rollout"),
        ("rollout local: running", "host local"),
        ("local: updated", "host local"),
        ("demo-1 completed: 1.0 is current in demo", "deploy"),
    } <= told


SCRIPT = """
import json, os, sys
from pathlib import Path
from tests.acceptance.shop import Shop, make
shop = Shop(make(Path(sys.argv[1])))
found = []
for number, environ in enumerate(json.loads(sys.argv[2])):
    if environ.pop("MISSING", None):
        sys.modules["opentelemetry"] = None
    os.environ.update(environ)
    said = shop.cli(f"deploy --env demo --version {number}", environ=environ)
    for name in environ:
        del os.environ[name]
    there = [name for name in sys.modules if name.partition(".")[0] == "opentelemetry" and sys.modules[name]]
    found.append([said.code, len(there), said.err])
print(json.dumps(found))
"""


def in_one_process(folder: Path, *environs: dict[str, str]) -> list[Any]:
    """Deploy once an environment in a new process; return code, count of OpenTelemetry's modules, stderr."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), json.dumps(environs)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )
    return list(json.loads(done.stdout))


def test_nothing_of_opentelemetry_is_imported_unless_it_is_asked_for(tmp_path: Path) -> None:
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    found = in_one_process(
        tmp_path / "shop",
        {"OTEL_SERVICE_NAME": "shop"},
        endpoint | {"OTEL_SDK_DISABLED": "true"},
        endpoint | {"OTEL_TRACES_EXPORTER": "none"},
        endpoint | QUICK,
    )
    assert [[0, 0, ""]] * 3 == found[:3]
    code, modules, _ = found[3]
    assert (0, True) == (code, modules > 0)


def test_without_the_extra_a_note_says_what_to_install(tmp_path: Path) -> None:
    (found,) = in_one_process(tmp_path / "shop", {"MISSING": "1", "OTEL_TRACES_EXPORTER": "otlp"})
    install = "`pipx install --force 'stagecraft-cli[otel]'`"
    assert [0, 0, f"note: the trace was not sent: OpenTelemetry is not installed; {install}\n"] == found
