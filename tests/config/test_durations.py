import pytest

from stagecraft.config.durations import seconds, spoken


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2m", 120.0),
        ("90s", 90.0),
        ("1h30m", 5400.0),
        ("1h2m3s4ms", 3723.004),
        ("250ms", 0.25),
        ("90", 90.0),
        ("1.5", 1.5),
        (90, 90.0),
        (0.5, 0.5),
    ],
)
def test_a_duration_is_read_as_seconds(written: object, expected: float) -> None:
    assert expected == seconds(written)


@pytest.mark.parametrize(
    "written",
    ["", "m", "2 m", "30s2m", "2m2m", "-2m", "1.5m", "1e3", "٣s", "nan", "inf", True, None, [], "2M"],
)
def test_anything_else_is_not_a_duration(written: object) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        seconds(written)


@pytest.mark.parametrize("written", ["0", "0s", 0, -1, "721h", float("inf"), float("nan"), "9" * 400])
def test_a_deadline_that_is_never_or_at_once_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="must be longer than zero"):
        seconds(written)


@pytest.mark.parametrize("written", ["1h30m", "2m", "90ms", "1m30s", "720h"])
def test_a_duration_is_said_as_it_was_written(written: str) -> None:
    assert written == spoken(seconds(written))
