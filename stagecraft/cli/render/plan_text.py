"""A plan for people: fits into a pull request as it is."""

from typing import assert_never

from stagecraft.cli.render.difference import host_difference
from stagecraft.cli.render.fates import fates, named, word
from stagecraft.cli.render.table import table
from stagecraft.compose.ingress import ingress_of
from stagecraft.model.migration import Direction, Work
from stagecraft.model.phase import Phase
from stagecraft.model.plan import Plan
from stagecraft.model.step import LOCAL, Build, Destroy, Migrate, Prune, Pull, Push, Rollout, Step


def plan_text(plan: Plan) -> str:
    """Return what will happen and why, what each host's text changes to, and the digest over all of it."""
    lines = [
        _title(plan),
        *table(facts(plan), indent="  "),
        "",
        *table(_phases(plan)),
        *_services(plan),
        *_strategies(plan),
        *_ingresses(plan),
    ]
    if plan.notes:
        lines += ["", *(f"note: {note}" for note in plan.notes)]
    for host, wanted in sorted(plan.hosts.items()):
        lines += ["", *host_difference(host, wanted.difference)]
    return "\n".join([*lines, "", f"digest {plan.digest}"])


def described(step: Step) -> str:  # noqa: PLR0911 - one for each kind
    """Return what a step does, as one would say it; its cause is not part of it."""
    match step:
        case Build():
            return f"build {', '.join(sorted(step.images)) or 'nothing'}"
        case Push():
            return f"push {step.reference}"
        case Pull():
            return "pull every image that is not there"
        case Migrate():
            return _migration(step.work)
        case Rollout():
            again = f", replacing {', '.join(step.recreate)}" if step.recreate else ""
            return f"run {_short(step.text)} as Compose project {step.compose_project}{again}"
        case Destroy():
            what = "containers, networks and volumes" if step.volumes else "containers and networks"
            return f"remove the {what} of Compose project {step.compose_project}"
        case Prune():
            return f"remove {len(step.images)} image{'s' if len(step.images) != 1 else ''}"
        case _:
            assert_never(step)


def _title(plan: Plan) -> str:
    return f"plan: {plan.kind} {plan.project} {plan.version} to {plan.environment}"


def facts(plan: Plan) -> list[tuple[str, str]]:
    """Return what the plan was made from."""
    base = plan.base or ("none yet" if plan.store_present else "unknown: no release store here")
    facts = [("base", base)]
    facts += [("commit", plan.commit)] if plan.commit else []
    facts += [("goes back to", plan.rollback_of)] if plan.rollback_of else []
    facts += [("resumes", plan.resumes)] if plan.resumes else []
    facts.append(("compose", plan.compose_version))
    facts += [("secrets", ", ".join(plan.secrets))] if plan.secrets else []
    return facts


def _services(plan: Plan) -> list[str]:
    """Return what becomes of each service, as far as the texts say."""
    several = len(plan.hosts) > 1
    rows = [
        (fate.service, word(fate.change.change), *([named(fate.hosts)] if several else []), fate.change.cause)
        for fate in fates(plan)
    ]
    return ["", "services", *table(rows, indent="  ")] if rows else []


def replaced(plan: Plan) -> list[tuple[str, str, str]]:
    """Return service, order and reason for every service, once where it is the same on all hosts."""
    found = {
        (name, one.order.value, one.cause)
        for host in plan.hosts.values()
        for name, one in host.strategies.items()
    }
    return sorted(found)


def _strategies(plan: Plan) -> list[str]:
    rows = replaced(plan)
    return ["", "replaced, when it comes to that", *table(rows, indent="  ")] if rows else []


def ingresses(plan: Plan) -> list[tuple[str, str, str]]:
    """Return host, proxy and route of every route, hosts in order."""
    return [
        (name, f"{ingress.service} ({ingress.driver})", str(route))
        for name, host in sorted(plan.hosts.items())
        if (ingress := ingress_of(plan.texts[host.text]))
        for route in ingress.routes
    ]


def _ingresses(plan: Plan) -> list[str]:
    rows = ingresses(plan)
    return ["", "ingress", *table(rows, indent="  ")] if rows else []


def _phases(plan: Plan) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for phase in Phase:
        rows += [(phase.value if not index else "", line) for index, line in enumerate(_lines(plan, phase))]
    return rows


def _lines(plan: Plan, phase: Phase) -> list[str]:
    """Return one line a step, or the reason why there is none."""
    if (reason := plan.skipped.get(phase)) is not None:
        return [f"skipped: {reason}"]
    steps = plan.of(phase)
    if not steps:
        return ["record the outcome" if phase is Phase.FINALIZE else "nothing to do"]
    waves = len({step.wave for step in steps if not isinstance(step, Migrate)}) > 1
    return [_line(step, waves=waves) for step in steps]


def _line(step: Step, *, waves: bool) -> str:
    wave = f"wave {step.wave + 1}, " if waves else ""
    host = f"{step.host}: " if step.host != LOCAL or isinstance(step, Rollout) else ""
    check = f"; {step.work.to_check}" if isinstance(step, Migrate) and step.work.to_check else ""
    return f"{wave}{host}{described(step)} ({step.cause}{check})"


def _short(digest: str) -> str:
    """Return enough of a digest to recognise it."""
    return digest.removeprefix("sha256:")[:12]


def _migration(work: Work) -> str:
    """Return what a migration does and to what, and which of it is dangerous."""
    verb = "undo" if work.direction is Direction.DOWN else "migrate"
    alone = [change for change in work.changes if change.name == work.name]
    if alone:
        return f"{verb} {alone[0]}: {work.summary}"
    return f"{verb} {work.name}: {work.summary}: {', '.join(map(str, work.changes)) or 'nothing new'}"
