"""Points in time and durations, for people and for programs."""

from datetime import datetime


def rfc3339(time: datetime | None) -> str | None:
    """Return `2026-11-20T08:27:21Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def stamp(time: datetime | None) -> str:
    """Return `2026-11-20 08:27:21 UTC`, or nothing for no time."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC") if time else ""


def seconds(value: float) -> str:
    """Return a duration a person can say: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 2 min`."""
    if value < 10:
        return f"{value:.1f}".removesuffix(".0") + " s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def between(start: datetime | None, end: datetime | None) -> str:
    """Return the duration from `start` to `end`, or nothing if one of them is missing."""
    return seconds((end - start).total_seconds()) if start and end else ""
