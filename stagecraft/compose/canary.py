"""Decide what a new version on trial gets, and what decides about it. Pure (spec/rollout.md, Canary)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache

from stagecraft.model.action import Check, Fail, Wait
from stagecraft.model.observed import Container, Observed, Progress, WantedService

_PARTS = 100
"""Into how many parts requests are divided at most, where a kind of proxy has to write each of them."""


def first_batch(service: WantedService) -> int:
    """Return how many containers are on trial: the first that are started beside the old ones."""
    return min(service.strategy.parallelism or service.replicas, service.replicas)


def is_on_trial(
    service: WantedService, old: Sequence[Container], new: Sequence[Container], progress: Progress
) -> bool:
    """Return whether the new containers have to prove themselves before an old one goes.

    More of them than the first batch: an earlier run, which was interrupted, has found them good.
    """
    if service.canary is None or service.routed is None or progress.checked.get(service.name) == 0:
        return False
    return any(c.state == "running" for c in old) and 0 < len(new) <= first_batch(service)


def trial(
    service: WantedService, new: Sequence[Container], observed: Observed, progress: Progress
) -> Wait | Check | Fail:
    """Return what comes next for containers on trial that are ready and get their share."""
    canary, name = service.canary, service.name
    assert canary is not None, "`is_on_trial` has seen it"  # noqa: S101 - for mypy
    names = ", ".join(container.name for container in new)
    if code := progress.checked.get(name):
        return Fail(service=name, container=new[-1].name, cause=f"its check ended with exit code {code}")
    if canary.hold and name not in progress.rested:
        return Wait(service=name, cause=f"{names} has a share of the requests for `hold`", rest=canary.hold)
    if inside := _inside(canary.check.service, name, new, observed):
        cause = f"whether {names} may have all requests"
        return Check(service=name, container=inside.id, command=canary.check.command, cause=cause)
    return Fail(service=name, cause=f"no container of `{canary.check.service}` runs to check it in")


def weights(old: Sequence[Container], new: Sequence[Container], percent: int) -> Mapping[str, int]:
    """Return the weight of each container, by ID, with which the new ones together get `percent`."""
    each_old, each_new = _parts(len(old), len(new), percent)
    return {c.id: each_old for c in old} | {c.id: each_new for c in new}


def real_share(old: int, new: int, percent: int) -> float:
    """Return the share, in per cent, that so many new containers beside so many old ones really get."""
    each_old, each_new = _parts(old, new, percent)
    return 100 * each_new * new / (each_new * new + each_old * old)


@cache
def _parts(old: int, new: int, percent: int) -> tuple[int, int]:
    """Return the weight of an old and of a new container that come closest, with the fewest parts."""
    wanted, most = Fraction(percent, 100), max(_PARTS, 2 * (old + new))
    candidates = [
        (each_old, each_new)
        for each_new in range(1, most // new + 1)
        for each_old in range(1, (most - each_new * new) // old + 1)
    ]

    def distance(parts: tuple[int, int]) -> tuple[Fraction, int]:
        total = parts[0] * old + parts[1] * new
        return abs(Fraction(parts[1] * new, total) - wanted), total

    return min(candidates, key=distance)


def _inside(service: str, tried: str, new: Sequence[Container], observed: Observed) -> Container | None:
    """Return the container the check runs in: a new one, or the newest of another service."""
    there = new if service == tried else observed.of(service)
    return next((c for c in reversed(there) if c.state == "running"), None)
