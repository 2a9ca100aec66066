"""Steps: one effect or one goal each, as data. A step never runs itself; a Runner does."""

from typing import Annotated, Literal

from pydantic import Field

from stagecraft.model.canary import Canary
from stagecraft.model.frozen import Frozen
from stagecraft.model.hook import OnHookFailure, Side
from stagecraft.model.migration import When, Work
from stagecraft.model.phase import Phase

LOCAL = "local"
"""The host that is the machine's own engine."""


class _Step(Frozen):
    """What every step says: when, where and why. `cause` is printed by `stagecraft plan`."""

    phase: Phase
    cause: str
    host: str = LOCAL
    wave: int = 0
    """Waves run in order; the steps within one run together."""


class Build(_Step):
    """Build every image of the release in one `docker buildx bake` call."""

    kind: Literal["build"] = "build"
    phase: Phase = Phase.BUILD
    definition: str
    """The bake definition, JSON; paths are relative to the folder of `stagecraft.yml`."""
    images: dict[str, str]
    """Service -> `repository:tag` that its target is tagged with."""


class Push(_Step):
    """Push one image and learn its digest."""

    kind: Literal["push"] = "push"
    phase: Phase = Phase.PUSH
    service: str
    reference: str
    """`repository:tag`"""


class Pull(_Step):
    """Fetch every image a host will run, before the first container anywhere is touched."""

    kind: Literal["pull"] = "pull"
    phase: Phase = Phase.ROLLOUT


class Rollout(_Step):
    """A goal: this host runs this text. How it gets there is found by observing."""

    kind: Literal["rollout"] = "rollout"
    phase: Phase = Phase.ROLLOUT
    compose_project: str
    text: str
    """Digest of the planned text in `Plan.texts`; what runs is that text with the images pinned."""
    recreate: tuple[str, ...] = ()
    """Services to replace although nothing about them changed."""
    health_timeout: float = 120
    """Seconds a service may take to become healthy."""
    canary: Canary | None = None
    """How new containers behind the ingress have to prove themselves; None if they need not."""


class Migrate(_Step):
    """Apply or undo one migration; `host`: where its container runs, or whose network has the database."""

    kind: Literal["migrate"] = "migrate"
    when: When
    work: Work


class Destroy(_Step):
    """Remove a host's containers and networks of one Compose project, and its volumes if that is asked."""

    kind: Literal["destroy"] = "destroy"
    phase: Phase = Phase.ROLLOUT
    compose_project: str
    volumes: bool = False


class Prune(_Step):
    """Remove the images of releases beyond `retain`: best effort, never one that a kept release needs."""

    kind: Literal["prune"] = "prune"
    phase: Phase = Phase.FINALIZE
    images: tuple[str, ...]
    """References that no kept release needs."""


class Hook(_Step):
    """Run a command of the user's own, on the machine that runs Stagecraft, before or after a phase."""

    kind: Literal["hook"] = "hook"
    name: str
    when: Side
    command: tuple[str, ...]
    """Program and arguments; run in the folder of `stagecraft.yml`."""
    on_failure: OnHookFailure = OnHookFailure.FAIL
    timeout: float | None = None
    """Seconds; None: as long as the phase."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets that are in its environment."""


Step = Annotated[
    Build | Push | Pull | Migrate | Rollout | Prune | Destroy | Hook, Field(discriminator="kind")
]
"""The closed union: whoever handles steps matches all of them and ends in `assert_never`."""
