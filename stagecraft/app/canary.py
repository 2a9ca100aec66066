"""The canary of an environment: checked, and put into words for a plan (spec/rollout.md, Canary)."""

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence

from stagecraft.app.opened import Opened
from stagecraft.compose.canary import first_batch, real_share
from stagecraft.compose.use import wanted
from stagecraft.config.durations import spoken
from stagecraft.errors import ConfigError
from stagecraft.model.canary import Canary
from stagecraft.model.change import Change
from stagecraft.model.observed import WantedService
from stagecraft.model.plan import HostPlan
from stagecraft.model.step import Rollout, Step
from stagecraft.model.strategy import Order


def canary(here: Opened, services: Collection[str]) -> Canary | None:
    """Return the environment's canary, or None. Raises ConfigError: what decides is no service."""
    keys = here.environment.rollout.canary
    if keys is None:
        return None
    if keys.check.service not in services:
        raise ConfigError(
            f"`{keys.check.service}` is no service of the Compose file",
            place=here.loaded.place(
                "environments", here.environment.name, "rollout", "canary", "check", "service"
            ),
            hint=f"the services are {', '.join(f'`{name}`' for name in services)}",
        )
    return keys.canary()


def notes(steps: Sequence[Step], hosts: Mapping[str, HostPlan], texts: Mapping[str, str]) -> list[str]:
    """Return who is on trial, with which share of the requests, for how long, and what decides; each once."""
    found: dict[str, None] = {}
    for step in steps:
        if isinstance(step, Rollout) and step.canary:
            host = hosts[step.host]
            found |= dict.fromkeys(_notes(step.canary, host, wanted(texts[host.text], {}).services))
    return list(found)


def _notes(canary: Canary, host: HostPlan, services: Sequence[WantedService]) -> Iterator[str]:
    command = shlex.join(canary.check.command)
    for service in services:
        start_first = service.strategy.order is Order.START_FIRST
        if service.routed and start_first and host.services[service.name].change is Change.CHANGED:
            count = first_batch(service)
            who = "the first new container" if count == 1 else f"the first {count} new containers"
            share = _share(service.replicas, count, canary.weight)
            yield (
                f"canary: {who} of `{service.name}` {'gets' if count == 1 else 'get'} {share} of its requests"
                f" for {spoken(canary.hold)}, then `{command}` in `{canary.check.service}` decides"
            )


def _share(old: int, new: int, percent: int) -> str:
    """Return the share that the weights come to, and the one asked for if that is another."""
    real = f"{real_share(old, new, percent):.1f}".removesuffix(".0")
    return f"{percent}%" if real == str(percent) else f"{real}% (asked for: {percent}%)"
