"""`stagecraft rollback` (spec/commands/rollback.md)."""

from syrupy.assertion import SnapshotAssertion

from stagecraft.app.requests import RollbackRequest
from stagecraft.errors import RefusedError
from stagecraft.model.phase import Kind
from tests.cli import scenes
from tests.cli.fakes import FakeApp, typed


def test_a_rollback(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("rollback --env demo", FakeApp(happens=scenes.events(scenes.rolled_back()))))


def test_a_dry_run_prints_the_plan_and_rolls_nothing_back(golden: SnapshotAssertion) -> None:
    skipped = dict.fromkeys(scenes.plan().skipped, "demo-1 has its images")
    made = scenes.plan(kind=Kind.ROLLBACK, rollback_of="demo-1", version=scenes.OLD, skipped=skipped)
    assert golden == str(typed("rollback --env demo --dry-run", FakeApp(made=made)))


def test_every_option_reaches_the_request() -> None:
    app = FakeApp()
    typed("rollback --env demo --to demo-1 -m broken --lock-wait 3", app)
    typed("rollback --env demo --to-version v1", app)
    expected = [
        RollbackRequest(env="demo", to="demo-1", message="broken", lock_wait=3),
        RollbackRequest(env="demo", to_version="v1"),
    ]
    assert expected == app.asked


def test_two_targets_are_refused() -> None:
    app = FakeApp()
    said = typed("rollback --env demo --to demo-1 --to-version v1", app)
    assert (
        "error: `--to` and `--to-version` cannot be used together: each names a target"
        == said.err.splitlines()[0]
    )
    assert (2, []) == (said.code, app.asked)


def test_a_refusal_is_told_with_its_hint() -> None:
    app = FakeApp(error=RefusedError("image `web` of `demo-1` is gone", hint="available: `demo-2`"))
    said = typed("rollback --env demo", app)
    assert (6, "", "error: image `web` of `demo-1` is gone\nhint: available: `demo-2`\n") == (
        said.code,
        said.out,
        said.err,
    )
