"""What became of a run, as a pipeline's summary shows it (spec/ci.md)."""

from collections.abc import Iterator

from stagecraft.cli.render.cut import Part, fitted
from stagecraft.cli.render.host_groups import host_groups
from stagecraft.cli.render.markdown import code, fence, prose, summary_of, table
from stagecraft.cli.render.summary import headline, next_step
from stagecraft.cli.render.times import between
from stagecraft.model.phase import PhaseStatus
from stagecraft.model.release import PhaseRecord, Release

LIMIT = 65_000
"""Characters: a step's summary on GitHub holds 1 MiB, several steps share a page."""


def release_markdown(release: Release, limit: int = LIMIT) -> str:
    """Return how the run ended, what it did where, why it failed, and what to type next."""
    phases = table(["phase", "status", "took", "reason"], [_phase(record) for record in release.phases])
    parts = [
        Part([f"### {prose(headline(release))}", "", *(f"{prose(line)}\n" for line in next_step(release))]),
        *_failures(release),
        Part([*phases, ""]),
        Part(list(_hosts(release))),
    ]
    return fitted(parts, limit, f"The whole story: {code(f'stagecraft releases show {release.id}')}")


def _phase(record: PhaseRecord) -> list[str]:
    took = between(record.started_at, record.finished_at)
    return [record.name, record.status, took, prose(record.reason or record.error or "")]


def _failures(release: Release) -> Iterator[Part]:
    for record in release.phases:
        if record.status in (PhaseStatus.FAILED, PhaseStatus.INTERRUPTED) and record.error:
            yield Part([f"**{record.name} {record.status}**: {prose(record.error)}", ""])
            if record.log:
                first, *lines, last = fence("\n".join(record.log))
                title = summary_of("The last lines of what failed").replace("<details>", "<details open>")
                yield Part(lines, before=[title, "", first], after=[last, "", "</details>", ""])


def _hosts(release: Release) -> Iterator[str]:
    for group in host_groups(release.hosts):
        error = f": {prose(group.record.error)}" if group.record.error else ""
        yield f"- {prose(group.title)}: {group.record.status}{error}"
        yield from (f"  - {prose(action)}" for action in group.record.actions)
