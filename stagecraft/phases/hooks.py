"""Hooks around the phases that run: before the first step of a phase, and after its last one."""

from collections.abc import Collection, Sequence

from stagecraft.model.hook import Side
from stagecraft.model.phase import Phase
from stagecraft.model.step import Hook, Step


def with_hooks(steps: Sequence[Step], skipped: Collection[Phase], hooks: Sequence[Hook]) -> tuple[Step, ...]:
    """Return the steps of a plan, phase by phase, with the hooks of every phase that is not skipped.

    Each has a wave of its own, in the order of the configuration: those before the phase below the first one,
    so that the waves of hosts keep their numbers.
    """
    if not hooks:
        return tuple(steps)
    return tuple(step for phase in Phase for step in _around(phase, steps, skipped, hooks))


def _around(
    phase: Phase, steps: Sequence[Step], skipped: Collection[Phase], hooks: Sequence[Hook]
) -> tuple[Step, ...]:
    own = [step for step in steps if step.phase is phase]
    if phase in skipped:
        return tuple(own)
    mine = [hook for hook in hooks if hook.phase is phase]
    before = [hook for hook in mine if hook.when is Side.BEFORE]
    after = [hook for hook in mine if hook.when is Side.AFTER]
    first = -len(before)
    last = max((step.wave for step in own), default=-1) + 1
    return (
        *(hook.model_copy(update={"wave": first + place}) for place, hook in enumerate(before)),
        *own,
        *(hook.model_copy(update={"wave": last + place}) for place, hook in enumerate(after)),
    )
