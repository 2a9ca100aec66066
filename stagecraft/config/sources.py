"""Where a secret's value comes from: exactly one key each (spec/secrets.md)."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from stagecraft.config.names import CallerVariable, PlainText, RelativePath
from stagecraft.model.frozen import Frozen


class EnvSource(Frozen):
    """A variable of the caller's environment."""

    env: CallerVariable = Field(description="Name of a variable of the caller's environment.")


class DotenvSource(Frozen):
    """A line of a dotenv file."""

    dotenv: RelativePath = Field(
        description="Path of a dotenv file; the line with the secret's own name is used."
    )


class CommandSource(Frozen):
    """Standard output of a program."""

    command: tuple[PlainText, ...] = Field(
        min_length=1,
        description="Program and arguments, run without a shell; standard output without one final newline.",
    )


KINDS = ("env", "dotenv", "command")


def _kind(value: object) -> str | None:
    """Return the only source key of a mapping (or of a model), None if there is not exactly one key."""
    if isinstance(value, dict):
        return next(iter(value)) if len(value) == 1 and next(iter(value)) in KINDS else None
    return next((kind for kind in KINDS if hasattr(value, kind)), None)


SecretSource = Annotated[
    Annotated[EnvSource, Tag("env")]
    | Annotated[DotenvSource, Tag("dotenv")]
    | Annotated[CommandSource, Tag("command")],
    Discriminator(
        _kind,
        custom_error_type="secret_source",
        custom_error_message="must be one of `{env: NAME}`, `{dotenv: FILE}` and `{command: [PROGRAM]}`",
    ),
]
