"""Which release is current, and which one a rollback goes back to (spec/commands/rollback.md)."""

from collections.abc import Iterable, Sequence

from stagecraft.errors import RefusedError
from stagecraft.model.header import Header
from stagecraft.model.phase import Kind, PhaseStatus, ReleaseStatus

_NEVER_BEGAN = (PhaseStatus.PENDING, PhaseStatus.SKIPPED)


def current(headers: Iterable[Header]) -> Header | None:
    """Return the last deploy or rollback that completed; a destroy of every host clears it. Newest first."""
    for header in headers:
        if header.status is not ReleaseStatus.COMPLETED or header.kind is Kind.MIGRATE or header.partial:
            continue
        return None if header.kind is Kind.DESTROY else header
    return None


def content(header: Header, headers: Sequence[Header]) -> Header:
    """Return the deploy whose content `header` is: itself, or what it went back to."""
    by_id = {known.id: known for known in headers}
    while header.rollback_of is not None and header.rollback_of in by_id:
        header = by_id[header.rollback_of]
    return header


def rollback_target(headers: Sequence[Header]) -> Header:
    """Return what a bare `rollback` goes back to. Newest first.

    If a release newer than the current one began its rollout and was not wholly undone, the target is the
    current content itself. Otherwise it is what was current before the content that is current now, so that
    a second rollback goes one further back instead of to where the first one came from.

    Raises RefusedError if there is nothing to go back to.
    """
    now = current(headers)
    if now is None:
        env = f" --env {headers[0].environment}" if headers else ""
        raise RefusedError(
            "there is no current release to roll back from", hint=f"deploy first: `stagecraft deploy{env}`"
        )
    newer = [header for header in headers if header.number > now.number]
    if any(header.rollout not in _NEVER_BEGAN and not header.undone for header in newer):
        return content(now, headers)
    shown = content(now, headers)
    before = current(header for header in headers if header.number < shown.number)
    if before is None:
        raise RefusedError(
            f"nothing was current before `{shown.id}`, so there is no release to go back to",
            hint=f"`stagecraft releases list --env {now.environment}` shows what there is",
        )
    return content(before, headers)


def completed(headers: Iterable[Header]) -> list[Header]:
    """Return the releases a rollback can name: completed deploys and rollbacks, newest first."""
    return [
        header
        for header in headers
        if header.status is ReleaseStatus.COMPLETED and header.kind in (Kind.DEPLOY, Kind.ROLLBACK)
    ]
