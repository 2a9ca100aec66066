"""The list of releases, for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stagecraft.cli.render.clean import one_line, shortened
from stagecraft.cli.render.table import table
from stagecraft.cli.render.times import stamp

if TYPE_CHECKING:
    from stagecraft.app import Listed
    from stagecraft.model.header import Header

_HEAD = ("  release", "status", "version", "created (UTC)", "by", "message")


def list_text(listed: "Sequence[Listed]", *, width: int | None = None) -> str:
    """Return one line a release, the current one marked with `*`; cut to `width` columns if given."""
    lines = table([_HEAD, *(_row(entry.header, mark="* " if entry.current else "  ") for entry in listed)])
    return "\n".join(shortened(line, width) if width else line for line in lines)


def empty_text(env: str | None, *, filtered: bool) -> str:
    """Return what to say if there is nothing to list, with what to type next."""
    where = f" of `{env}`" if env else ""
    if filtered:
        return f"no release{where} has that status; leave out `--status` to see all of them"
    return f"no releases{where} yet; make the first one: `stagecraft deploy --env {env or 'ENVIRONMENT'}`"


def _row(header: "Header", *, mark: str) -> tuple[str, ...]:
    return (
        mark + header.id,
        header.status.value,
        header.version,
        stamp(header.created_at).removesuffix(" UTC")[:-3],
        one_line(header.actor),
        _message(header),
    )


def _message(header: "Header") -> str:
    """Return what is special about a release, then why it was made."""
    special = {
        "rollback": f"rollback to {header.rollback_of}",
        "deploy": f"resumes {header.resumes}" if header.resumes else "",
    }.get(header.kind.value, header.kind.value)
    return ": ".join(part for part in (special, one_line(header.message)) if part)
