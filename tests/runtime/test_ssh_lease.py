"""The client's half of the lease."""

import pytest

from stagecraft.runtime.ssh_lease import BEAT, CLIENT_PATIENCE, Lease
from stagecraft.runtime.ssh_remote import PATIENCE


def test_the_client_gives_up_before_the_host_does() -> None:
    assert CLIENT_PATIENCE + BEAT <= PATIENCE


def test_a_beat_is_due_at_its_interval() -> None:
    lease = Lease(100)
    assert (BEAT, 0) == (lease.due(100), lease.due(100 + BEAT))
    lease.beat(100 + BEAT)
    assert BEAT == lease.due(100 + BEAT)


def test_a_lease_without_answers_expires() -> None:
    lease = Lease(100)
    lease.beat(102)
    assert (False, True) == (lease.expired(100 + CLIENT_PATIENCE), lease.expired(100.1 + CLIENT_PATIENCE))


def test_an_answer_counts_from_when_its_beat_was_sent() -> None:
    lease = Lease(100)
    number = lease.beat(102)
    lease.answered(number)
    assert (False, True) == (lease.expired(102 + CLIENT_PATIENCE), lease.expired(102.1 + CLIENT_PATIENCE))


@pytest.mark.parametrize("number", [0, 2, 99])
def test_an_answer_to_no_beat_counts_for_nothing(number: int) -> None:
    lease = Lease(100)
    lease.beat(102)
    lease.answered(number)
    assert lease.expired(100.1 + CLIENT_PATIENCE)


def test_a_late_answer_to_an_old_beat_never_shortens_the_lease() -> None:
    lease = Lease(100)
    first, second = lease.beat(102), lease.beat(104)
    lease.answered(second)
    lease.answered(first)
    assert not lease.expired(104 + CLIENT_PATIENCE)
