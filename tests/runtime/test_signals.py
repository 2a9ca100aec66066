"""One exception a run, and never inside a store write."""

import signal

import pytest

from stagecraft.errors import InterruptedRunError
from stagecraft.runtime.signals import Signals


def test_a_signal_raises_in_the_code_it_interrupts() -> None:
    with pytest.raises(InterruptedRunError, match="stopped by SIGTERM") as caught:
        Signals().handle(signal.SIGTERM)
    assert caught.value.signal == 15


def test_a_second_signal_does_not_disturb_what_the_first_one_began() -> None:
    signals = Signals()
    with pytest.raises(InterruptedRunError):
        signals.handle(signal.SIGINT)
    signals.handle(signal.SIGINT)


def test_a_write_is_finished_before_the_signal_raises() -> None:
    signals = Signals()
    written: list[str] = []

    def write() -> None:
        with signals.shield():
            signals.handle(signal.SIGHUP)
            written.append("whole")

    with pytest.raises(InterruptedRunError, match="SIGHUP"):
        write()
    assert written == ["whole"]


def test_shields_nest() -> None:
    signals = Signals()
    passed: list[str] = []

    def write() -> None:
        with signals.shield():
            with signals.shield():
                signals.handle(signal.SIGTERM)
            passed.append("the outer one still holds")

    with pytest.raises(InterruptedRunError):
        write()
    assert passed == ["the outer one still holds"]
