"""What is told of what happened."""

from stagecraft.model.fate import failed, interrupted
from stagecraft.model.notice import NoticeEvent
from stagecraft.model.phase import HostStatus, Kind, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.standing import HostStanding, ServiceStanding, Standing
from stagecraft.notices.of import masked, of_dead, of_drift, of_end, of_start, title
from tests.fakes import START, a_release


def broken() -> Release:
    """A release whose rollout failed on one of two hosts."""
    hosts = {
        "web-1": HostRecord(status=HostStatus.UPDATED),
        "web-2": HostRecord(status=HostStatus.FAILED, error="no", log=("host line",)),
    }
    return failed(a_release().with_hosts(hosts), Phase.ROLLOUT, "web-2 broke", ("one", "two"), START)


def test_a_start_says_who_releases_what_and_where() -> None:
    notice = of_start(a_release(), START)
    assert (NoticeEvent.STARTED, "shop", "demo", "demo-1", "1.0", "ada@laptop") == (
        notice.event,
        notice.project,
        notice.environment,
        notice.release,
        notice.version,
        notice.actor,
    )
    assert "shop demo-1: deploy of 1.0 started" == title(notice)


def test_a_completed_rollback_is_told_as_one() -> None:
    done = {"status": ReleaseStatus.COMPLETED}
    deploy = of_end(a_release().model_copy(update=done), START)
    rollback = of_end(a_release(kind=Kind.ROLLBACK).model_copy(update=done), START)
    assert [NoticeEvent.COMPLETED, NoticeEvent.ROLLED_BACK] == [deploy.event, rollback.event]
    assert "shop demo-1: rolled back to 1.0" == title(rollback)


def test_a_failure_says_where_and_why_with_the_last_lines() -> None:
    notice = of_end(broken(), START)
    assert (NoticeEvent.FAILED, Phase.ROLLOUT, "web-2", "web-2 broke", ("one", "two")) == (
        notice.event,
        notice.phase,
        notice.host,
        notice.error,
        notice.log,
    )
    assert "shop demo-1: deploy of 1.0 failed in rollout on web-2" == title(notice)


def test_a_failure_without_lines_of_its_own_has_those_of_the_host() -> None:
    release = broken()
    phase = release.phase(Phase.ROLLOUT).model_copy(update={"log": ()})
    assert ("host line",) == of_end(release.with_phase(phase), START).log


def test_a_release_that_still_runs_when_its_run_ends_was_interrupted() -> None:
    running = a_release().phase(Phase.PUSH).model_copy(update={"status": PhaseStatus.RUNNING})
    stopped = of_end(interrupted(a_release().with_phase(running), "stopped by SIGTERM", START), START)
    assert (NoticeEvent.INTERRUPTED, Phase.PUSH, "stopped by SIGTERM") == (
        stopped.event,
        stopped.phase,
        stopped.error,
    )
    unrecorded = of_end(a_release().with_phase(running), START)
    assert (NoticeEvent.INTERRUPTED, "its outcome was not recorded") == (unrecorded.event, unrecorded.error)


def test_a_dead_run_is_told_by_the_one_that_finds_it() -> None:
    notice = of_dead(a_release().header(), "shop", START)
    assert "shop demo-1: deploy of 1.0 interrupted" == title(notice)
    assert "its run died; a later one has found it" == notice.error


def test_drift_is_a_line_a_difference() -> None:
    service = ServiceStanding(service="web", wanted=2, drift=("1 of 2 containers missing",))
    hosts = (HostStanding(host="web-1"), HostStanding(host="web-2", services=(service,)))
    standing = Standing(environment="prod", release="prod-41", version="1.0", hosts=hosts)
    notice = of_drift(standing, "shop", START)
    assert ("web-2", ("web-2 web: 1 of 2 containers missing",)) == (notice.host, notice.log)
    assert "shop prod: drift from prod-41 on web-2" == title(notice)


def test_every_text_from_outside_is_masked() -> None:
    release = broken().model_copy(update={"message": "why: hush", "actor": "hush", "version": "hush"})
    notice = masked(of_end(release, START), lambda text: text.replace("hush", "***").replace("one", "***"))
    assert ("why: ***", "***", "***", ("***", "two")) == (
        notice.message,
        notice.actor,
        notice.version,
        notice.log,
    )
    assert "hush" not in title(notice)
