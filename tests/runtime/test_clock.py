import threading
import time
from datetime import UTC

from stagecraft.runtime.clock import SystemClock


def test_now_is_utc_in_whole_seconds() -> None:
    now = SystemClock().now()
    assert (UTC, 0) == (now.tzinfo, now.microsecond)


def test_monotonic_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()


def test_a_sleep_takes_its_time() -> None:
    began = time.monotonic()
    SystemClock().sleep(0.05)
    assert time.monotonic() - began >= 0.05


def test_a_sleep_of_no_or_negative_length_returns_at_once() -> None:
    began = time.monotonic()
    for seconds in (0.0, -1.0):
        SystemClock().sleep(seconds)
    assert time.monotonic() - began < 1


def test_cancelling_wakes_everybody_now_and_later() -> None:
    clock = SystemClock()
    sleepers = [threading.Thread(target=clock.sleep, args=(60,), daemon=True) for _ in range(8)]
    for sleeper in sleepers:
        sleeper.start()
    clock.cancel()
    clock.cancel()
    for sleeper in sleepers:
        sleeper.join(30)
    assert [False] * 8 == [sleeper.is_alive() for sleeper in sleepers]
    clock.sleep(60)
