"""A plan: everything a release will do, as one value that can be printed, saved and compared."""

import hashlib
import json
from typing import Literal, Self

from pydantic import Field

from stagecraft.model.change import ServiceChange
from stagecraft.model.frozen import Frozen
from stagecraft.model.image import Image
from stagecraft.model.phase import Kind, Phase
from stagecraft.model.policy import OnFailure
from stagecraft.model.step import Build, Hook, Migrate, Rollout, Step
from stagecraft.model.strategy import Strategy


def content_digest(text: str) -> str:
    """Return `sha256:<hex>` of the UTF-8 bytes of `text`."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class HostPlan(Frozen):
    """What one host is to run."""

    text: str
    """Digest of its Compose text in `Plan.texts`."""
    difference: str = ""
    """Unified difference against the text of the base release; empty if there is none."""
    services: dict[str, ServiceChange] = {}
    """What becomes of each service in either text, as far as the texts say."""
    strategies: dict[str, Strategy] = {}
    """How each service is replaced once it is to be, and why so."""


class Asked(Frozen):
    """What was asked for on the command line, so that a saved plan can be made again and compared."""

    version: str | None = None
    images: dict[str, str] = {}
    skip_build: bool = False
    rebuild: bool = False
    recreate: tuple[str, ...] = ()
    migration_done: tuple[str, ...] = ()
    migration_again: tuple[str, ...] = ()


class Plan(Frozen):
    """A flat, ordered tuple of steps, the skipped phases with reasons, and each host's Compose text.

    A function of the working tree, the configuration, the store and the Compose version, and of nothing
    else (spec/plan.md).
    """

    schema_: Literal[1] = Field(1, alias="schema")
    project: str
    environment: str
    kind: Kind = Kind.DEPLOY
    version: str
    commit: str | None = None
    base: str | None
    """The current release when the plan was made."""
    store_present: bool
    """False: no release store was found where the plan was made, so `base` is unknown rather than none."""
    compose_version: str
    rollback_of: str | None = None
    resumes: str | None = None
    asked: Asked = Asked()
    steps: tuple[Step, ...]
    skipped: dict[Phase, str]
    """Phases that will not run, with the reason."""
    hosts: dict[str, HostPlan]
    texts: dict[str, str]
    variables: dict[str, str]
    """The declared variables and their values (not secrets)."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets whose values are needed at the moment of use."""
    timeouts: dict[Phase, float]
    """Seconds each phase may take."""
    on_failure: OnFailure | None = None
    """What happens to the other hosts when one fails; None if there is only this machine's engine."""
    pause: float = 0
    """Seconds between two waves."""
    given: dict[str, Image] = {}
    """Service -> image that is released without being built here: `--image`, or an earlier release's."""
    files: dict[str, str] = {}
    """Digest -> base64 of what migrations run, and of what a text mounts that Compose cannot carry inline."""
    notes: tuple[str, ...] = ()
    """What a reader of the plan has to know besides its steps."""
    digest: str = ""

    def of(self, phase: Phase) -> tuple[Step, ...]:
        """Return the steps of one phase, in order."""
        return tuple(step for step in self.steps if step.phase is phase)

    @property
    def builds(self) -> dict[str, str]:
        """Return service -> `repository:tag` of every image the plan builds."""
        return {
            service: reference
            for step in self.steps
            if isinstance(step, Build)
            for service, reference in step.images.items()
        }

    @property
    def rollouts(self) -> tuple[Rollout, ...]:
        """Return the goal of every host."""
        return tuple(step for step in self.steps if isinstance(step, Rollout))

    def sealed(self) -> Self:
        """Return the plan with `digest` computed over everything else in it."""
        content = self.model_dump(mode="json", exclude={"digest"})
        return self.model_copy(
            update={"digest": content_digest(json.dumps(content, sort_keys=True, ensure_ascii=False))}
        )


def has_changes(plan: Plan) -> bool:
    """Return whether running the plan would change anything but records: what `--exit-code` tells.

    True if there is no base to be equal to, a host's text differs, a service is to be recreated, or a phase
    other than rollout and finalize has steps (it builds, pushes or migrates). Hooks are no change.
    Decided from the plan alone: drift on the hosts is not seen here (spec/commands/plan.md).
    """
    return (
        plan.base is None
        or any(host.difference for host in plan.hosts.values())
        or any(_is_change(step) for step in plan.steps)
    )


def _is_change(step: Step) -> bool:
    if isinstance(step, Rollout):
        return bool(step.recreate)
    if isinstance(step, Migrate):
        return bool(step.work.changes)
    return step.phase is not Phase.FINALIZE and not isinstance(step, Hook)
