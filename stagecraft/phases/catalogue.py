"""Which module decides which phase."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from stagecraft.model.phase import Phase
from stagecraft.model.step import Step
from stagecraft.phases import build, finalize, migrate_post, migrate_pre, push, rollout
from stagecraft.phases.given import Given


class Decider(NamedTuple):
    """What every phase module offers."""

    skipped: Callable[[Given], str]
    steps: Callable[[Given], Iterator[Step]]


_DECIDERS = {
    Phase.BUILD: Decider(build.skipped, build.steps),
    Phase.PUSH: Decider(push.skipped, push.steps),
    Phase.MIGRATE_PRE: Decider(migrate_pre.skipped, migrate_pre.steps),
    Phase.ROLLOUT: Decider(rollout.skipped, rollout.steps),
    Phase.MIGRATE_POST: Decider(migrate_post.skipped, migrate_post.steps),
    Phase.FINALIZE: Decider(finalize.skipped, finalize.steps),
}


def decide(given: Given) -> tuple[tuple[Step, ...], dict[Phase, str]]:
    """Return every step in order, and the phases that will not run with their reasons."""
    steps: list[Step] = []
    skipped: dict[Phase, str] = {}
    for phase, decider in _DECIDERS.items():
        if reason := decider.skipped(given):
            skipped[phase] = reason
        else:
            steps += decider.steps(given)
    return tuple(steps), skipped
