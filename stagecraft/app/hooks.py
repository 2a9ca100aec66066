"""The hooks of the configuration, put around the phases of a plan of any kind."""

from collections.abc import Collection, Sequence

from stagecraft.app.opened import Opened
from stagecraft.config.hooks import HookKeys
from stagecraft.model.hook import OnHookFailure
from stagecraft.model.phase import Kind, Phase
from stagecraft.model.step import Hook, Step
from stagecraft.phases.hooks import with_hooks


def around(here: Opened, kind: Kind, steps: Sequence[Step], skipped: Collection[Phase]) -> tuple[Step, ...]:
    """Return the steps of a plan with the hooks that today's configuration has for it."""
    hooks = [
        _step(keys)
        for keys in here.loaded.project.hooks
        if kind in keys.kinds and keys.is_for(here.environment.name)
    ]
    return with_hooks(steps, skipped, hooks)


def secrets_of(steps: Sequence[Step]) -> frozenset[str]:
    """Return the names of the secrets that the hooks among the steps need."""
    return frozenset(name for step in steps if isinstance(step, Hook) for name in step.secrets)


def _step(keys: HookKeys) -> Hook:
    warns = keys.on_failure is OnHookFailure.WARN
    return Hook(
        phase=keys.phase,
        cause=f"{keys.when} {keys.phase}" + ("; if it fails, a warning" if warns else ""),
        name=keys.name,
        when=keys.when,
        command=keys.command,
        on_failure=keys.on_failure,
        timeout=keys.timeout,
        secrets=keys.secrets,
    )
