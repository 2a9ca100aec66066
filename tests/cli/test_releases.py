"""`stagecraft releases` (spec/commands/releases.md)."""

import json

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.app import ReleaseDifference
from stagecraft.model.hook import HookRecord, Side
from stagecraft.model.phase import Phase, PhaseStatus, ReleaseStatus
from tests.cli import scenes
from tests.cli.fakes import FakeApp, typed


def history() -> FakeApp:
    running = scenes.begun(5, message="Ünïcode and a very long message that does not fit into eighty columns")
    dead = scenes.begun(6, status=ReleaseStatus.INTERRUPTED, resumes="demo-3", message="")
    known = (dead, running, scenes.rolled_back(), scenes.failed_build(), scenes.completed())
    return FakeApp(known=known, current_id="demo-4")


def test_list(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases list --env demo", history()))


def test_list_on_a_screen_of_80_columns(golden: SnapshotAssertion) -> None:
    said = typed("releases list --env demo", history(), screen=True)
    assert golden == str(said)
    assert 80 == max(map(len, said.out.splitlines()))


def test_list_as_json(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases list --env demo --format json", history()))


def test_empty_list(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases list --env demo"))


def test_an_empty_list_is_still_json() -> None:
    assert "[]\n" == typed("releases list --env demo --format json").out


def test_an_empty_selection_does_not_claim_that_there_are_no_releases() -> None:
    said = typed("releases list --env demo --status failed", FakeApp(known=(scenes.completed(),)))
    assert "no release of `demo` has that status; leave out `--status` to see all of them\n" == said.err


def test_list_asks_for_what_was_typed() -> None:
    app = history()
    typed("releases list --env demo", app)
    typed("releases list --limit 3 --status interrupted", app)
    assert [("releases", "demo", 20, None), ("releases", None, 3, ReleaseStatus.INTERRUPTED)] == app.asked


def test_show(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases show demo-2", FakeApp((scenes.completed(),), "demo-2")))


def test_show_a_failure(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases show demo-3", history()))


def test_show_a_rollback(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases show demo-4", history()))


def test_show_as_json(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases show demo-3 --format json", history()))


def test_show_has_the_fields_other_programs_rely_on() -> None:
    shown = json.loads(typed("releases show demo-4 --format json", history()).out)
    listed = json.loads(typed("releases list --format json", history()).out)[2]
    assert listed == {name: shown[name] for name in listed}
    assert set() == {"commit", "plan", "base", "phases", "images", "hosts", "texts"} - set(shown)
    promised = {"name", "status", "reason", "because", "error", "started_at", "finished_at"}
    assert set() == promised - set(shown["phases"][0])
    assert {"reference", "digest"} == set(shown["images"]["web"])
    assert set() == {"status", "error", "text"} - set(shown["hosts"]["local"])
    assert shown["hosts"]["local"]["text"] in shown["texts"]


def test_the_list_has_exactly_the_promised_fields_in_order() -> None:
    promised = ["id", "number", "environment", "kind", "version", "status", "current", "actor", "message"]
    promised += ["created_at", "finished_at", "rollback_of", "resumes"]
    assert promised == list(json.loads(typed("releases list --format json", history()).out)[0])


def test_times_are_rfc_3339_in_utc() -> None:
    listed = json.loads(typed("releases list --format json", history()).out)
    assert ("2026-11-20T08:27:21Z", None) == (listed[0]["created_at"], listed[0]["finished_at"])


def test_unknown_id(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases show demo-9", history()))


def differing() -> FakeApp:
    return FakeApp(
        differs=ReleaseDifference(
            a="demo-1",
            b="demo-2",
            texts={"local": scenes.DIFFERENCE, "other": ""},
            images={"web": ("shop/web:1@sha256:1", "shop/web:2@sha256:2"), "worker": (None, "shop/worker:2")},
            variables={"PORT": ("8080", "8081"), "GONE": ("x", None)},
        )
    )


def test_diff(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases diff demo-1 demo-2", differing()))


def test_diff_as_json(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases diff demo-1 demo-2 --format json", differing()))


def test_diff_of_equal_releases(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("releases diff demo-1 demo-2"))


def test_verify_a_sound_store() -> None:
    assert (0, "every record and its twin is intact\n") == ((said := typed("releases verify")).code, said.out)


def test_verify_a_damaged_store(golden: SnapshotAssertion) -> None:
    problems = ["demo-2: the twin is missing", "demo-3: both copies are damaged"]
    assert golden == str(typed("releases verify --env demo", FakeApp(problems=problems)))


@pytest.mark.parametrize("line", ["releases list --limit 0", "releases list --status odd", "releases show"])
def test_a_list_that_cannot_be_meant_is_refused(line: str) -> None:
    assert 2 == typed(line, history()).code


def test_show_hooks(golden: SnapshotAssertion) -> None:
    began = scenes.START
    hooks = (
        HookRecord(
            name="backup",
            phase=Phase.BUILD,
            when=Side.BEFORE,
            status=PhaseStatus.COMPLETED,
            started_at=began,
            finished_at=began,
        ),
        HookRecord(
            name="smoke",
            phase=Phase.ROLLOUT,
            when=Side.AFTER,
            status=PhaseStatus.FAILED,
            error="hook `smoke` failed with exit code 3",
            log=("GET /up 500",),
            started_at=began,
            finished_at=began,
        ),
    )
    release = scenes.completed().model_copy(update={"hooks": hooks})
    assert golden == typed(["releases", "show", "demo-2"], FakeApp(known=(release,))).out
