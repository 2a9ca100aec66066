"""What `stagecraft docs` prints."""

from collections.abc import Iterable, Sequence
from textwrap import indent, wrap

from stagecraft.cli.render.table import table
from stagecraft.config.keys import Key

_WIDTH = 100


def key_text(key: Key, below: Iterable[Key], example: str) -> str:
    """Return one key's page: what it is, what it takes, how it is written, what can stand below it."""
    facts = [("type", key.type), ("default", key.default or ("none: it has to be written" * key.required))]
    lines = [key.name, "", *wrap(key.description, _WIDTH), ""]
    lines += table([fact for fact in facts if fact[1]])
    if example:
        lines += ["", "example", indent(example, "  ")]
    if names := [child.name for child in below]:
        lines += ["", "below it", *(f"  {name}" for name in names)]
    return "\n".join(lines)


def list_text(keys: Sequence[Key]) -> str:
    """Return every key with its description."""
    rows = table([(key.name, key.description) for key in keys])
    hint = "`stagecraft docs KEY` explains one, `stagecraft docs exit-codes` the exit codes"
    return "\n".join([*rows, "", hint])


def exit_codes_text(codes: Sequence[tuple[str, str]]) -> str:
    """Return every exit code with its meaning."""
    return "\n".join(table(codes))
