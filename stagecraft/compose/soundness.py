"""Judge one container: is it what is wanted, and is it ready? Pure (spec/rollout.md)."""

from typing import NamedTuple

from stagecraft.model.action import Verb
from stagecraft.model.observed import Container, Health, WantedService

CRASHES = 3
"""Restarts after which a container that has a check, and is not healthy yet, counts as crashing."""


class Flaw(NamedTuple):
    """What is wrong with a container, and what would put it right."""

    verb: Verb
    cause: str


def flaw_of(container: Container, service: WantedService) -> Flaw | None:
    """Return what is wrong with a container of `service`; None if all is well or only needs time."""
    if cause := difference(container, service):
        return Flaw(Verb.REPLACE, cause)
    if cause := _stop(container, service):
        return Flaw(Verb.START, cause)
    if cause := _ailment(container, service):
        return Flaw(Verb.REPAIR, cause)
    return None


def is_ready(container: Container, service: WantedService, *, to_complete: bool) -> bool:
    """Return whether a container without a flaw has got there; `to_complete`: running is not enough."""
    if completed(container, service):
        return True
    if to_complete or container.state != "running":
        return False
    if has_check(container, service):
        return container.health is Health.HEALTHY
    return container.up_for >= service.strategy.monitor


def has_check(container: Container, service: WantedService) -> bool:
    """Return whether a health check decides: one of the text or one of the image."""
    return service.has_check or container.health is not Health.NONE


def completed(container: Container, service: WantedService) -> bool:
    """Return whether the container ran to a good end and nobody will start it again."""
    one_shot = service.restart == "no" or service.restart.startswith("on-failure")
    return one_shot and container.state == "exited" and container.exit_code == 0


def difference(container: Container, service: WantedService) -> str:
    """Return why a container is of another definition than the wanted one; empty if it is not."""
    if container.digest != service.digest:
        if service.image and container.image != service.image:
            return "its image changed"
        return "its definition, its image or a config changed"
    if container.inputs != service.inputs:
        return "a secret or an env file changed"
    return ""


def _stop(container: Container, service: WantedService) -> str:
    """Return why it does not run although it should, if starting it would do."""
    if container.state == "created":
        return "it was created but never started"
    if container.state == "exited" and not completed(container, service):
        return f"it exited with code {container.exit_code}"
    return ""


def _ailment(container: Container, service: WantedService) -> str:
    """Return why it runs and yet is of no use, so that only another container can help."""
    if container.state == "paused":
        return "it is paused"
    if container.state == "running" and container.health is Health.UNHEALTHY:
        return "it is unhealthy"
    return _crash(container, service)


def _crash(container: Container, service: WantedService) -> str:
    """Return how it restarts again and again; restarts that are long past count for nothing."""
    if container.state not in ("running", "restarting"):
        return ""
    if has_check(container, service):
        crashes = container.health is not Health.HEALTHY and container.restarts >= CRASHES
    else:
        crashes = container.restarts > 0 and (
            container.state == "restarting" or container.up_for < service.strategy.monitor
        )
    if not crashes:
        return ""
    times = "once" if container.restarts == 1 else f"{container.restarts} times"
    end = f", last after exit code {container.exit_code}" if container.state == "restarting" else ""
    return f"it keeps ending and was restarted {times}{end}"
