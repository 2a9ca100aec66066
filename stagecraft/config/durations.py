"""Durations as people write them: `2m`, `90s`, `1h30m`, `250ms`, or plain seconds (spec/config.md)."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_UNITS = r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?"
_PLAIN = r"[0-9]+(?:\.[0-9]+)?"
_SECONDS = (3600.0, 60.0, 1.0, 0.001)
LONGEST = 30 * 24 * 3600.0
"""Seconds; more is a slip of the keyboard."""


def seconds(value: object) -> float:
    """Return a duration in seconds. Raises ValueError in plain words."""
    total = _total(value)
    if not 0 < total <= LONGEST:
        raise ValueError("must be longer than zero and at most 720h")
    return total


def delay(value: object) -> float:
    """Return a duration in seconds that may be zero. Raises ValueError in plain words."""
    total = _total(value)
    if not 0 <= total <= LONGEST:
        raise ValueError("must be at most 720h")
    return total


def _total(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value:
        if re.fullmatch(_PLAIN, value):
            return float(value)
        if found := re.fullmatch(_UNITS, value):
            amounts = zip(found.groups(), _SECONDS, strict=True)
            return sum(float(amount) * unit for amount, unit in amounts if amount)
    raise ValueError("must be a duration such as `90s`, `2m` or `1h30m`")


def spoken(value: float) -> str:
    """Return seconds as people write them: 5400 -> `1h30m`."""
    rest = round(value * 1000)
    parts = []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return "".join(parts) or "0s"


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST},
                {"type": "string", "pattern": f"^(?:{_PLAIN}|(?=.){_UNITS})$"},
            ]
        }
    ),
]
"""Seconds; written as text or a number."""

Delay = Annotated[
    float,
    BeforeValidator(delay),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": LONGEST},
                {"type": "string", "pattern": f"^(?:{_PLAIN}|(?=.){_UNITS})$"},
            ]
        }
    ),
]
"""A duration that may be zero."""
