"""What `stagecraft docs` prints."""

from collections.abc import Iterable, Sequence
from textwrap import indent, wrap

from stagecraft.cli.render.table import table
from stagecraft.config.keys import Key

_WIDTH = 100
EXIT_CODES: Sequence[tuple[str, str]] = (
    ("0", "done (also: nothing had to change)"),
    ("1", "internal error: a bug in Stagecraft"),
    ("2", "usage or configuration error; nothing was touched"),
    ("3", "something outside is missing or unreachable; nothing was touched"),
    ("4", "another run holds the environment's lock"),
    ("5", "a phase failed; the release is recorded as failed"),
    ("6", "the rollback target or the saved plan cannot be used, or the person declined"),
    ("7", "the release store cannot be read or written"),
    ("8", "a phase failed and some hosts are left on the new release"),
    ("10", "`plan --exit-code`: there are changes"),
    ("129, 130, 143", "stopped by SIGHUP, SIGINT, SIGTERM; recorded as `interrupted`"),
    (
        "141",
        (
            "the reader of standard output went away before everything was written (128 + SIGPIPE), "
            "without a word"
        ),
    ),
)
"""What spec/exit-codes.md says, for who has no pages at hand; a test holds the two together."""


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


def exit_codes_text() -> str:
    """Return every exit code with its meaning."""
    return "\n".join(table(EXIT_CODES))
