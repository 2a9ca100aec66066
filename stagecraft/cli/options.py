"""Options that several commands share, each spelled once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stagecraft.errors import ConfigError


class Format(StrEnum):
    """How a command prints its result."""

    TEXT = "text"
    JSON = "json"


class LogFormat(StrEnum):
    """How standard error is written."""

    TEXT = "text"
    JSON = "json"


class PlanFormat(StrEnum):
    """How a plan is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The project file (default: ./stagecraft.yml)."),
]
Store = Annotated[
    Path | None,
    typer.Option(
        "--store", metavar="DIR", help="The release store (else STAGECRAFT_STORE, else .stagecraft/)."
    ),
]
Env = Annotated[
    str | None,
    typer.Option("--env", "-e", metavar="NAME", help="The environment; needed if there are several."),
]
Host = Annotated[str | None, typer.Option("--host", metavar="NAME", help="Only this host.")]
OutputFormat = Annotated[Format, typer.Option("--format", help="Text for people or JSON for programs.")]
LogStyle = Annotated[
    LogFormat | None,
    typer.Option("--log-format", help="Standard error: text for people or a JSON record a line."),
]
Version = Annotated[
    str | None,
    typer.Option("--version", metavar="VERSION", help="What to call this version (default: from Git)."),
]
Rebuild = Annotated[bool, typer.Option("--rebuild", help="Build and push even if the version is current.")]
SkipBuild = Annotated[bool, typer.Option("--skip-build", help="Build nothing; release the given images.")]
Images = Annotated[
    list[str] | None,
    typer.Option("--image", metavar="SERVICE=REF", help="An image built elsewhere; repeat for more."),
]
Recreate = Annotated[
    list[str] | None,
    typer.Option("--recreate", metavar="SERVICE", help="Replace its containers anyway; repeat for more."),
]
MigrationDone = Annotated[
    list[str] | None,
    typer.Option(
        "--migration-done", metavar="NAME", help="It may have run, and did: go on; repeat for more."
    ),
]
MigrationAgain = Annotated[
    list[str] | None,
    typer.Option("--migration-again", metavar="NAME", help="It may have run: run it again; repeat for more."),
]
Message = Annotated[str, typer.Option("--message", "-m", metavar="TEXT", help="Why; kept in the record.")]
LockWait = Annotated[
    float,
    typer.Option("--lock-wait", metavar="SECONDS", min=0, help="How long to wait for a running release."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan and do nothing.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result only.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print every command line and what it writes.")
]


def images(pairs: list[str] | None) -> dict[str, str]:
    """Return service -> reference of every `--image SERVICE=REF`. Raises ConfigError."""
    found: dict[str, str] = {}
    for pair in pairs or ():
        service, equals, reference = pair.partition("=")
        if not (service and equals and reference):
            raise ConfigError(
                f"`--image {pair}` names no image", hint="write it as `--image SERVICE=REPOSITORY@sha256:…`"
            )
        if found.setdefault(service, reference) != reference:
            raise ConfigError(f"`--image` names two images for `{service}`", hint="keep one of them")
    return found


def exclusive(reason: str, **flags: object) -> None:
    """Refuse more than one of the flags. Raises ConfigError naming the ones that were typed."""
    typed = [f"`--{name.replace('_', '-')}`" for name, value in flags.items() if value]
    if len(typed) > 1:
        raise ConfigError(
            f"{' and '.join(typed)} cannot be used together: {reason}", hint="leave one of them out"
        )
