"""A plan as a review: what a pull request shows (spec/commands/plan.md)."""

from collections.abc import Iterator

from stagecraft.cli.render.cut import Part, fitted
from stagecraft.cli.render.fates import Group, fates, groups, named, word
from stagecraft.cli.render.markdown import code, fence, prose, summary_of, table
from stagecraft.cli.render.plan_text import described, facts, ingresses
from stagecraft.model.change import Change
from stagecraft.model.phase import Phase
from stagecraft.model.plan import Plan, has_changes

LIMIT = 65_000
"""Characters: a comment on GitHub holds 65,536."""

_MIGRATIONS = (Phase.MIGRATE_PRE, Phase.MIGRATE_POST)


def plan_markdown(plan: Plan, limit: int = LIMIT) -> str:
    """Return the plan as Markdown of at most `limit` characters.

    The first line names what the text is about, so that the comment that shows it can be found and updated.
    """
    parts = [
        Part([marker(plan), *_title(plan), ""]),
        Part(_table(plan)),
        Part(_causes(plan)),
        Part(_migrations(plan)),
        Part(_ingresses(plan)),
        Part([*(f"> {prose(note)}\n" for note in plan.notes)]),
        *_differences(plan),
        Part(_steps(plan), before=[summary_of("Every step, with its cause"), ""], after=["", "</details>"]),
    ]
    return fitted(parts, limit, f"The whole plan: {code(f'stagecraft plan --env {plan.environment}')}")


def marker(plan: Plan) -> str:
    """Return the line that tells one environment's comment from all others; it is not shown."""
    return f"<!-- stagecraft plan {plan.project} {plan.environment} -->"


def _title(plan: Plan) -> Iterator[str]:
    yield f"### Plan: {plan.kind} {code(plan.project)} {code(plan.version)} to {code(plan.environment)}"
    yield ""
    yield _verdict(plan)
    yield ""
    yield " · ".join(f"{name} {code(value)}" for name, value in facts(plan))
    yield f"<br>digest {code(plan.digest)}"


def _verdict(plan: Plan) -> str:
    """Return how much changes, in one sentence."""
    if not has_changes(plan):
        return "**Nothing changes.**"
    found = [fate for fate in fates(plan) if fate.change.change is not Change.UNCHANGED]
    services, hosts = {fate.service for fate in found}, {host for fate in found for host in fate.hosts}
    if not services:
        return "**No service changes**, but something is done: see the steps."
    return f"**{_count(len(services), 'service')}** on **{_count(len(hosts), 'host')}** will change."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _table(plan: Plan) -> list[str]:
    """Return services x hosts; whichever is more makes the rows."""
    columns = groups(plan)
    services = sorted({service for group in columns for service in group.services})
    if not services:
        return []
    if len(columns) > len(services):
        rows = [[_hosts(group), *(_cell(group, service) for service in services)] for group in columns]
        return [*table(["host", *map(code, services)], rows), ""]
    rows = [[code(service), *(_cell(group, service) for group in columns)] for service in services]
    return [*table(["service", *map(_hosts, columns)], rows), ""]


def _hosts(group: Group) -> str:
    return prose(group.title)


def _cell(group: Group, service: str) -> str:
    found = group.services.get(service)
    if found is None:
        return "-"
    return "unchanged" if found.change is Change.UNCHANGED else f"**{word(found.change)}**"


def _causes(plan: Plan) -> list[str]:
    found = [fate for fate in fates(plan) if fate.change.change is Change.CHANGED]
    several = len(plan.hosts) > 1
    where = [f" on {prose(named(fate.hosts))}" if several else "" for fate in found]
    lines = [
        f"- {code(fate.service)}{on}: {prose(fate.change.cause)}"
        for fate, on in zip(found, where, strict=True)
    ]
    return [*lines, ""] if lines else []


def _migrations(plan: Plan) -> list[str]:
    steps = [(phase, step) for phase in _MIGRATIONS for step in plan.of(phase)]
    if not steps:
        return []
    rows = [[code(phase), prose(described(step)), prose(step.cause)] for phase, step in steps]
    return ["#### Migrations", "", *table(["phase", "what", "why"], rows), ""]


def _ingresses(plan: Plan) -> list[str]:
    rows = [[prose(host), code(proxy), code(route)] for host, proxy, route in ingresses(plan)]
    return ["#### Ingress", "", *table(["host", "proxy", "requests"], rows), ""] if rows else []


def _differences(plan: Plan) -> Iterator[Part]:
    """Yield one folded difference for every different one."""
    found: dict[str, tuple[str, ...]] = {}
    for name, host in sorted(plan.hosts.items()):
        if host.difference:
            found[host.difference] = (*found.get(host.difference, ()), name)
    for difference, hosts in found.items():
        first, *lines, last = fence(difference, "diff")
        title = f"Compose text of {named(hosts)}: {_size(difference)}"
        yield Part(lines, before=[summary_of(title), "", first], after=[last, "", "</details>", ""])


def _size(difference: str) -> str:
    lines = [line for line in difference.splitlines() if not line.startswith(("+++", "---"))]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    return f"{_count(added, 'line')} added, {removed} removed"


def _steps(plan: Plan) -> list[str]:
    rows: list[list[str]] = []
    for phase in Phase:
        if (reason := plan.skipped.get(phase)) is not None:
            rows.append([phase, f"skipped: {prose(reason)}", ""])
        several = len({step.wave for step in plan.of(phase)}) > 1
        for step in plan.of(phase):
            wave = f", wave {step.wave + 1}" if several else ""
            rows.append([phase, f"{prose(described(step))} ({prose(step.host)}{wave})", prose(step.cause)])
    return table(["phase", "what", "why"], rows)
