"""Durations and points in time (stagecraft/cli/render/times.py)."""

from datetime import UTC, datetime

import pytest

from stagecraft.cli.render.times import between, rfc3339, seconds, stamp

TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.6, "1 h 0 min"),
        (3725, "1 h 2 min"),
    ],
)
def test_a_duration_is_said_in_its_largest_units(value: float, said: str) -> None:
    assert said == seconds(value)


def test_times_for_programs_and_for_people() -> None:
    assert ("2026-01-02T03:04:05Z", "2026-01-02 03:04:05 UTC") == (rfc3339(TIME), stamp(TIME))


def test_a_missing_time_is_nothing() -> None:
    assert (None, "", "") == (rfc3339(None), stamp(None), between(TIME, None))
