"""`aliases:`, a user's own command lines (spec/config.md, Aliases)."""

import shlex
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from stagecraft.config.names import Matches

RESERVED = frozenset(
    """
    ci completion config deploy destroy docs doctor exec export help history import init lock logs metrics
    migrate plan promote prune releases report rollback secrets serve status store verify version watch
    """.split()  # noqa: SIM905 - a list would be thirty lines
)
"""The commands there are, and words that may become some: an alias must never hide one."""


def _free(value: str) -> str:
    if value in RESERVED:
        raise ValueError("is a command, or may become one: choose another name")
    return value


def _words(value: object) -> object:
    """Return the words of a command line, split as a shell does; nothing is expanded."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"is not a command line: {error}") from None


def _begins_with_a_command(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or value[0] not in RESERVED:
        raise ValueError("must begin with a command of Stagecraft, such as `deploy`, not with another alias")
    return value


AliasName = Annotated[
    str,
    Matches(r"[a-z][a-z0-9-]{0,30}", "at most 31 lower-case letters, digits and `-`, a letter first"),
    AfterValidator(_free),
]
CommandLine = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    AfterValidator(_begins_with_a_command),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]
"""What follows `stagecraft`; text is split into words as a shell does."""
