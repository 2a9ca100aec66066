"""How a release ends badly, whoever finds out."""

from stagecraft.model.fate import failed, interrupted
from stagecraft.model.phase import Because, HostStatus, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import HostRecord, Release
from tests.fakes import START, a_release


def running(phase: Phase, **hosts: HostStatus) -> Release:
    release = a_release()
    record = release.phase(phase).model_copy(update={"status": PhaseStatus.RUNNING, "started_at": START})
    return release.with_phase(record).model_copy(
        update={"hosts": {name: HostRecord(status=status) for name, status in hosts.items()}}
    )


def test_a_dead_run_leaves_its_phase_interrupted_and_later_ones_skipped() -> None:
    dead = interrupted(running(Phase.PUSH), "killed", START)
    assert dead.status is ReleaseStatus.INTERRUPTED
    assert dead.phase(Phase.PUSH).status is PhaseStatus.INTERRUPTED
    finalize = dead.phase(Phase.FINALIZE)
    assert (finalize.status, finalize.reason, finalize.because) == (
        PhaseStatus.SKIPPED,
        "push interrupted",
        Because.FAILURE,
    )


def test_what_the_plan_skipped_keeps_its_reason() -> None:
    ended = failed(running(Phase.BUILD), Phase.BUILD, "broke", (), START)
    assert ended.phase(Phase.MIGRATE_PRE).because is Because.PLAN


def test_a_host_in_the_middle_counts_as_failed_and_one_not_begun_as_untouched() -> None:
    release = running(Phase.ROLLOUT, a=HostStatus.UPDATED, b=HostStatus.RUNNING, c=HostStatus.PENDING)
    ended = interrupted(release, "killed", START)
    assert {name: host.status for name, host in ended.hosts.items()} == {
        "a": HostStatus.UPDATED,
        "b": HostStatus.FAILED,
        "c": HostStatus.UNTOUCHED,
    }


def test_hosts_stay_pending_if_the_rollout_never_began() -> None:
    ended = failed(running(Phase.BUILD, a=HostStatus.PENDING), Phase.BUILD, "broke", (), START)
    assert ended.hosts["a"].status is HostStatus.PENDING


def test_a_release_whose_hosts_were_never_touched_is_undone() -> None:
    header = failed(running(Phase.ROLLOUT, a=HostStatus.PENDING), Phase.ROLLOUT, "x", (), START).header()
    assert header.undone
