"""Decide how a service is replaced start-first: new containers beside the old. Pure (spec/rollout.md)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from stagecraft.compose.canary import is_on_trial, trial
from stagecraft.compose.soundness import difference, flaw_of, is_ready
from stagecraft.compose.waiting import wait
from stagecraft.model.action import Action, Add, Fail, Remove, Wait
from stagecraft.model.observed import Container, Observed, Progress, Wanted, WantedService
from stagecraft.model.strategy import FailureAction, Order


class Sides(NamedTuple):
    """The containers of one service during a replacement, start-first."""

    old: tuple[Container, ...]
    new: tuple[Container, ...]


def sides(service: WantedService, containers: Sequence[Container], progress: Progress) -> Sides | None:
    """Return both sides, or None if nothing serves that has to go on while new containers start.

    What writes to an anonymous volume is not replaced so unless the user says it: only `up` in place of the
    old container carries its data over.
    """
    strategy = service.strategy
    if strategy.order is not Order.START_FIRST or not service.replicas:
        return None
    old = tuple(c for c in containers if c.id in progress.stale or difference(c, service))
    new = tuple(c for c in containers if c not in old)
    if service.name in progress.added:
        return Sides(old, new) if old or len(new) < service.replicas else None
    keeps_data = not strategy.asked and any(container.anonymous_volumes for container in old)
    return Sides(old, new) if not keeps_data and any(map(_serves, old)) else None


def making_room(service: WantedService, both: Sides, progress: Progress) -> Iterator[Remove]:
    """Yield what may go now: what does not run any more, and old containers whose place is taken."""
    for container in both.old:
        if not _serves(container):
            yield _remove(container, f"it is old and {container.state}")
    if service.name not in progress.added:
        for container in both.new:
            if flaw := flaw_of(container, service):
                yield _remove(container, f"it is left over from an earlier rollout: {flaw.cause}")
    serving = [container for container in both.old if _serves(container)]
    settled = [container for container in both.new if _settled(container, service, progress)]
    if batch_is_there(service, both, progress) and not is_on_trial(service, *both, progress):
        surplus = max(0, len(serving) + len(settled) - service.replicas)
        for container in sorted(serving, key=lambda c: (_can_serve(c, service), c.number))[:surplus]:
            yield _remove(container, _cause_of_surplus(settled, service))


def batch_is_there(service: WantedService, both: Sides, progress: Progress) -> bool:
    """Return whether all new containers that were asked for are there, and none of them is waited for."""
    settled = all(_settled(container, service, progress) for container in both.new)
    return settled and len(both.new) >= progress.added.get(service.name, 0)


def replacement(service: WantedService, both: Sides, observed: Observed, progress: Progress) -> Action:
    """Return what the replacement needs next; what may go is gone already."""
    if failure := _failure(service, both, progress):
        return failure
    for container in both.new:
        if not _settled(container, service, progress):
            return wait(service, container, progress)
    if is_on_trial(service, *both, progress):
        return trial(service, both.new, observed, progress)
    strategy, name = service.strategy, service.name
    if strategy.delay and name in progress.added and name not in progress.rested:
        return Wait(service=name, cause="`delay` between two batches", rest=strategy.delay)
    missing = service.replicas - len(both.new)
    count = min(strategy.parallelism or missing, missing)
    new = len(both.new) + count
    differences = filter(None, (difference(container, service) for container in both.old))
    cause = next(differences, "asked for by `--recreate`" if both.old else "the next of them")
    return Add(service=name, count=count, new=new, total=len(both.old) + new, cause=cause)


def taking_back(wanted: Wanted, observed: Observed, progress: Progress) -> Iterator[Remove]:
    """Yield what a rollout that failed has begun and not brought to an end: the old containers keep serving.

    New ones that took the place of old ones in an earlier batch stay: without them fewer would serve.
    """
    for service in wanted.services:
        both = sides(service, observed.of(service.name), progress)
        serving = [container for container in both.old if _serves(container)] if both else []
        if both is None or not serving or service.strategy.failure_action is FailureAction.PAUSE:
            continue
        kept = max(0, service.replicas - len(serving))
        ready = [container for container in both.new if is_sound(container, service)]
        for container in both.new:
            if container not in ready[:kept]:
                yield _remove(container, "the rollout failed, and the old containers keep serving")


def _failure(service: WantedService, both: Sides, progress: Progress) -> Fail | None:
    name, goes_on = service.name, service.strategy.failure_action is FailureAction.CONTINUE
    if name not in progress.added:
        return None
    for container in both.new:
        if (flaw := flaw_of(container, service)) and not goes_on:
            return Fail(service=name, container=container.name, cause=flaw.cause)
    if (gone := progress.added[name] - len(both.new)) > 0:
        return Fail(service=name, cause=f"{gone} of {progress.added[name]} new containers gone")
    return None


def _settled(container: Container, service: WantedService, progress: Progress) -> bool:
    """Return whether nothing is waited for any more: it is ready, or the user wants to go on regardless."""
    if is_sound(container, service):
        return True
    if service.strategy.failure_action is not FailureAction.CONTINUE:
        return False
    return flaw_of(container, service) is not None or service.name in progress.overdue


def is_sound(container: Container, service: WantedService) -> bool:
    """Return whether a container is what is wanted, and ready."""
    return flaw_of(container, service) is None and is_ready(container, service, to_complete=False)


def _serves(container: Container) -> bool:
    return container.state == "running"


def _can_serve(container: Container, service: WantedService) -> bool:
    """Return whether an old container is one to keep as long as possible: by the new text's way to tell."""
    return is_ready(container, service, to_complete=False)


def _cause_of_surplus(settled: Sequence[Container], service: WantedService) -> str:
    if not settled:
        return f"{service.replicas} should be there"
    return f"replaced: {', '.join(container.name for container in settled)} can serve"


def _remove(container: Container, cause: str) -> Remove:
    return Remove(id=container.id, name=container.name, cause=cause)
