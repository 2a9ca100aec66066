"""What a resumed release takes over (stagecraft/app/resume.py)."""

from stagecraft.app.resume import resumed
from stagecraft.model.fate import failed
from stagecraft.model.phase import Because, HostStatus, Phase, PhaseStatus
from stagecraft.model.release import HostRecord, PhaseRecord, Release
from tests.fakes import START, a_release


def after(*done: Phase, broken: Phase) -> Release:
    """A release that completed some phases and failed in the next."""
    release = a_release()
    for phase in done:
        release = release.with_phase(PhaseRecord(name=phase, status=PhaseStatus.COMPLETED))
    return failed(release, broken, "broke", (), START)


def test_what_completed_is_skipped_and_the_rest_is_still_to_do() -> None:
    release = resumed(after(Phase.BUILD, broken=Phase.PUSH), None)

    assert [
        (Phase.BUILD, PhaseStatus.SKIPPED, Because.RESUMED, "completed in demo-1"),
        (Phase.PUSH, PhaseStatus.PENDING, None, None),
        (Phase.MIGRATE_PRE, PhaseStatus.SKIPPED, Because.PLAN, "no migrations are configured"),
        (Phase.ROLLOUT, PhaseStatus.PENDING, None, None),
        (Phase.MIGRATE_POST, PhaseStatus.SKIPPED, Because.PLAN, "no migrations are configured"),
        (Phase.FINALIZE, PhaseStatus.PENDING, None, None),
    ] == [(one.name, one.status, one.because, one.reason) for one in release.phases]


def test_nothing_of_how_it_failed_is_taken_over() -> None:
    old = after(Phase.BUILD, Phase.PUSH, broken=Phase.ROLLOUT).with_hosts(
        {
            "local": HostRecord(
                status=HostStatus.FAILED, error="broke", text="sha256:t", actions=("replace web",)
            )
        }
    )
    release = resumed(old, "demo-0")

    assert (0, "demo-0", "demo-1", None) == (
        release.number,
        release.base,
        release.resumes,
        release.finished_at,
    )
    assert {"local": HostRecord(text="sha256:t")} == release.hosts
    assert [None] * 6 == [record.error for record in release.phases]
