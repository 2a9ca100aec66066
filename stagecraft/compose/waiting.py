"""Wait for a container, or fail because it took too long. Pure (spec/rollout.md)."""

from stagecraft.compose.soundness import has_check
from stagecraft.model.action import Fail, Wait
from stagecraft.model.observed import Container, Progress, WantedService


def wait(service: WantedService, container: Container, progress: Progress, goal: str = "") -> Wait | Fail:
    """Return the action for a container that only needs time; `goal` is what it has to do."""
    goal = goal or ("become healthy" if has_check(container, service) else "stay up")
    if service.name in progress.overdue:
        return Fail(service=service.name, container=container.name, cause=f"it did not {goal} in time")
    return Wait(service=service.name, cause=f"it has to {goal}")
