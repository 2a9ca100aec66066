"""What a resume keeps of the release it goes on with."""

from stagecraft.app.resume import resumed
from stagecraft.model.phase import HostStatus
from stagecraft.model.release import HostRecord, Release
from tests.fakes import a_plan, a_release

FINISHED = HostRecord(status=HostStatus.UPDATED, text="sha256:new", actions=("create web: new",))


def old(**statuses: HostStatus) -> Release:
    hosts = {name: FINISHED.model_copy(update={"status": status}) for name, status in statuses.items()}
    release = a_release(a_plan(hosts=statuses))
    return release.model_copy(update={"hosts": hosts, "texts": {"sha256:new": "services: {}"}})


def test_hosts_that_are_finished_are_kept_and_the_others_begin_again() -> None:
    hosts = resumed(
        old(a=HostStatus.UPDATED, b=HostStatus.FAILED, c=HostStatus.UNTOUCHED), None, keep_hosts=True
    ).hosts

    assert FINISHED == hosts["a"]
    assert HostRecord(text="sha256:new") == hosts["b"] == hosts["c"]


def test_nothing_counts_as_finished_once_another_release_was_rolled_out() -> None:
    hosts = resumed(old(a=HostStatus.UPDATED), None, keep_hosts=False).hosts

    assert HostRecord(text="sha256:new") == hosts["a"]


def test_a_host_that_went_back_is_not_resumed_with_the_text_it_went_back_to() -> None:
    release = resumed(old(a=HostStatus.REVERTED, b=HostStatus.UNTOUCHED), None, keep_hosts=True)

    assert not release.settled()
