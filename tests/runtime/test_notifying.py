"""Three tries, one limit, one note a target; what a courier's thread does is done here without one."""

import threading
from collections.abc import Callable

import pytest

from stagecraft.errors import InterruptedRunError, UnavailableError
from stagecraft.model.notice import Notice, NoticeEvent
from stagecraft.runtime.notifying import Clock, Courier, Couriers, NotSentError, Send
from tests.fakes import START, FakeClock

NOTICE = Notice(event=NoticeEvent.FAILED, project="shop", environment="prod", at=START)
LONG = 30.0
"""Seconds that nobody here waits for."""


class Told:
    """A courier with a clock of its own, and what it did."""

    def __init__(self, *failures: NotSentError | None, timeout: float = 5) -> None:
        self.clock = FakeClock()
        self.tries: list[float] = []
        self.notes: list[str] = []
        self._failures = list(failures)
        self.courier = self.made(lambda: self.send, timeout)

    def made(self, ready: Callable[[], Send], timeout: float = 5) -> Courier:
        clock = Clock(self.clock.monotonic, self.clock.sleep)
        return Courier("chat", timeout, ready=ready, clock=clock, tell=self.notes.append)

    def send(self, _notice: Notice, _deadline: float) -> None:
        self.tries.append(self.clock.monotonic())
        if self._failures and (failure := self._failures.pop(0)):
            raise failure


def passing() -> NotSentError:
    return NotSentError("the answer was 500", again=True)


def test_what_is_sent_is_sent_once() -> None:
    told = Told()
    told.courier.deliver(told.send, NOTICE, deadline=5)
    assert ([0.0], []) == (told.tries, told.notes)


def test_what_may_pass_is_tried_three_times_with_growing_pauses() -> None:
    told = Told(passing(), passing(), passing(), passing())
    told.courier.deliver(told.send, NOTICE, deadline=5)
    assert [0.0, 0.5, 1.5] == told.tries
    assert ["`chat` could not be notified: the answer was 500"] == told.notes


def test_a_later_try_may_succeed() -> None:
    told = Told(passing(), None)
    told.courier.deliver(told.send, NOTICE, deadline=5)
    assert ([0.0, 0.5], []) == (told.tries, told.notes)


def test_what_will_not_pass_is_not_tried_again() -> None:
    told = Told(NotSentError("the answer was 404", again=False))
    told.courier.deliver(told.send, NOTICE, deadline=5)
    assert 1 == len(told.tries)


def test_no_try_begins_after_the_limit() -> None:
    told = Told(passing(), passing(), passing())
    told.courier.deliver(told.send, NOTICE, deadline=1.0)
    assert [0.0, 0.5] == told.tries


def test_a_target_is_complained_about_once() -> None:
    told = Told(*(passing() for _ in range(6)))
    for _ in range(2):
        told.courier.deliver(told.send, NOTICE, deadline=told.clock.monotonic() + 5)
    assert 1 == len(told.notes)


def couriers(*those: Courier, abandoned: list[bool] | None = None) -> Couriers:
    clock = FakeClock()
    given = [(one, lambda notice: notice.event is NoticeEvent.FAILED) for one in those]
    return Couriers(given, clock.monotonic, lambda: (abandoned if abandoned is not None else []).append(True))


def test_only_those_who_want_to_know_are_told() -> None:
    told = Told()
    all_of_them = couriers(told.courier)
    assert 0 == all_of_them.take(NOTICE.model_copy(update={"event": NoticeEvent.STARTED}))
    assert 1 == all_of_them.take(NOTICE)
    all_of_them.close()
    assert 1 == len(told.tries)


def test_a_target_whose_secret_has_no_value_is_a_note() -> None:
    told = Told()

    def missing() -> Send:
        raise UnavailableError("1 secret has no value: `CHAT_URL` (empty)")

    all_of_them = couriers(told.made(missing))
    all_of_them.take(NOTICE)
    all_of_them.close()
    assert ["`chat` could not be notified: 1 secret has no value: `CHAT_URL` (empty)"] == told.notes


def test_a_bug_is_a_note_too() -> None:
    told = Told()

    def broken() -> Send:
        raise KeyError("no")

    all_of_them = couriers(told.made(broken))
    all_of_them.take(NOTICE)
    all_of_them.close()
    assert ["`chat` could not be notified: internal error: KeyError"] == told.notes


@pytest.mark.parametrize("hangs", ["getting ready", "sending"])
def test_a_target_that_hangs_is_left_behind_when_its_time_is_over(hangs: str) -> None:
    told, over, abandoned = Told(), threading.Event(), list[bool]()

    def ready() -> Send:
        if hangs == "getting ready":
            over.wait(LONG)
        return hanging

    def hanging(_notice: Notice, _deadline: float) -> None:
        over.wait(LONG)

    all_of_them = couriers(told.made(ready, timeout=0.1), abandoned=abandoned)
    all_of_them.take(NOTICE)
    all_of_them.close()
    over.set()
    assert (["`chat` could not be notified: not done within 100ms"], [True]) == (told.notes, abandoned)


def test_a_signal_ends_the_waiting_and_is_not_raised() -> None:
    told = Told()

    class Signalled(Courier):
        def wait(self, seconds: float) -> None:
            if seconds:
                raise InterruptedRunError(2)

    clock = Clock(told.clock.monotonic, told.clock.sleep)
    courier = Signalled("chat", 5, ready=lambda: told.send, clock=clock, tell=told.notes.append)
    abandoned: list[bool] = []
    couriers(courier, abandoned=abandoned).close()
    assert [True] == abandoned


def test_without_targets_there_is_nothing() -> None:
    assert not couriers()
