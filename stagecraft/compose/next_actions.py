"""Decide what a rollout does next (spec/rollout.md). Pure: wanted + observed + tried -> actions."""

from collections.abc import Mapping, Sequence

from stagecraft.compose.beside import replacement, sides, taking_back
from stagecraft.compose.clearing import clearing, remove
from stagecraft.compose.soundness import Flaw, flaw_of, is_ready
from stagecraft.compose.traffic import drains, held_back, silent, switches, undisturbed
from stagecraft.compose.waiting import wait
from stagecraft.model.action import Action, Add, Check, Fail, Remove, Up, Verb, Wait
from stagecraft.model.observed import Condition, Container, Observed, Progress, Wanted, WantedService
from stagecraft.model.strategy import Order

Verdicts = Mapping[str, Action | None]
"""What each service needs next on its own, regardless of the others; None if it is ready."""


def next_actions(wanted: Wanted, observed: Observed, progress: Progress) -> tuple[Action, ...]:
    """Return what to do next, in order; empty when the goal is reached.

    A failure stands alone. Names and ports are freed before anything is brought up, and nothing is waited for
    while there is something to do, so one answer holds actions of one stage only. Once the run has failed,
    what is left to do is to take back what was begun beside containers that still serve.

    Nobody goes before the ingress leads requests elsewhere, and before those in flight have ended.
    """
    if progress.failed:
        return _in_order(wanted, observed, progress, cleared=tuple(taking_back(wanted, observed, progress)))
    awaited = _awaited(wanted)
    verdicts = {
        service.name: _verdict(
            service,
            observed,
            progress,
            recreate=service.name in wanted.recreate,
            to_complete=service.name in awaited,
        )
        for service in wanted.services
    }
    startable = {service.name for service in wanted.services if _may_start(service, verdicts)}
    unanswered = tuple(silent(wanted, observed, progress))
    cleared = tuple(clearing(wanted, observed, progress))
    begun = tuple(
        v for name, v in verdicts.items() if name in startable and isinstance(v, Add | Check | Up | Remove)
    )
    return (
        _failures(verdicts, startable)
        or tuple(one for one in unanswered if isinstance(one, Fail))
        or _in_order(
            wanted,
            observed,
            progress,
            cleared=held_back(wanted, observed, cleared, begun, unanswered),
            begun=held_back(wanted, observed, begun, begun, unanswered),
            waits=(
                *(v for v in verdicts.values() if isinstance(v, Wait) and not (v.rest and unanswered)),
                *unanswered,
            ),
        )
    )


def _in_order(
    wanted: Wanted,
    observed: Observed,
    progress: Progress,
    *,
    cleared: Sequence[Action],
    begun: Sequence[Action] = (),
    waits: Sequence[Action] = (),
) -> tuple[Action, ...]:
    """Return the first of these that there is: what to switch, to clear, to begin, to wait for."""
    draining = tuple(drains(wanted, observed, progress, (*cleared, *begun)))
    return (
        tuple(switches(wanted, observed, progress, (*cleared, *begun)))
        or undisturbed(cleared, draining)
        or undisturbed(begun, draining)
        or (*draining, *waits)
    )


def _awaited(wanted: Wanted) -> frozenset[str]:
    """Return the services that another one needs completed, so that running is not enough."""
    completed = Condition.COMPLETED
    return frozenset(n for service in wanted.services for n, c in service.needs.items() if c is completed)


def _may_start(service: WantedService, verdicts: Verdicts) -> bool:
    """Return whether what the service needs is there; what is not in the text is not waited for."""
    return all(
        verdicts[need] is None or (condition is Condition.STARTED and isinstance(verdicts[need], Wait))
        for need, condition in service.needs.items()
        if need in verdicts
    )


def _failures(verdicts: Verdicts, startable: set[str]) -> tuple[Action, ...]:
    """Return every failure; services that wait for each other must not look like done, so they fail too."""
    failed = tuple(verdict for verdict in verdicts.values() if isinstance(verdict, Fail))
    unready = {name for name, verdict in verdicts.items() if verdict}
    stuck = {name for name in unready - startable if not isinstance(verdicts[name], Wait)}
    if failed or unready != stuck:
        return failed
    return tuple(Fail(service=name, cause="what it needs also needs it") for name in sorted(stuck))


def _verdict(
    service: WantedService,
    observed: Observed,
    progress: Progress,
    *,
    recreate: bool,
    to_complete: bool,
) -> Action | None:
    containers = observed.of(service.name)
    if both := sides(service, containers, progress):
        return replacement(service, both, observed, progress)
    flaws = {c.name: flaw for c in containers if (flaw := flaw_of(c, service))}
    missing = service.replicas - len(containers)
    if service.name in progress.tried:
        if failure := _failure(service, flaws, missing):
            return failure
    elif recreate and service.replicas:
        return Up(service=service.name, verb=Verb.REPLACE, cause="asked for by `--recreate`", force=True)
    elif remedy := _remedy(service, containers, flaws, missing):
        return remedy
    for container in containers:
        if not is_ready(container, service, to_complete=to_complete):
            return wait(service, container, progress, "complete" if to_complete else "")
    return None


def _failure(service: WantedService, flaws: dict[str, Flaw], missing: int) -> Fail | None:
    """Return why a service has failed that was brought up in this run."""
    for name, flaw in flaws.items():
        stale = "`docker compose up` left it as it was: " if flaw.verb is Verb.REPLACE else ""
        return Fail(service=service.name, container=name, cause=stale + flaw.cause)
    if missing > 0:
        return Fail(service=service.name, cause=f"{missing} of {service.replicas} containers gone")
    return None


def _remedy(
    service: WantedService, containers: Sequence[Container], flaws: dict[str, Flaw], missing: int
) -> Up | Remove | None:
    """Return what puts a service right that this run has not touched yet."""
    for container in containers:
        flaw = flaws.get(container.name)
        if flaw and flaw.verb is Verb.REPAIR and len(flaws) < len(containers):
            return remove(container, flaw.cause)
    if flaws:
        worst = max(flaws.values(), key=lambda flaw: flaw.verb is Verb.REPLACE)
        cause = worst.cause + _why_not_beside(service, containers)
        force = any(flaw.verb is Verb.REPAIR for flaw in flaws.values())
        return Up(service=service.name, verb=worst.verb, cause=cause, force=force)
    if missing > 0:
        cause = f"{missing} of {service.replicas} containers missing" if containers else "it has no container"
        return Up(service=service.name, verb=Verb.CREATE, cause=cause)
    return None


def _why_not_beside(service: WantedService, containers: Sequence[Container]) -> str:
    """Return why a service whose strategy is start-first is not replaced so, if its data is the reason."""
    start_first = service.strategy.order is Order.START_FIRST and not service.strategy.asked
    if start_first and any(container.anonymous_volumes for container in containers):
        return "; in its place, because it keeps data in an anonymous volume"
    return ""
