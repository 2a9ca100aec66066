"""How the containers of one service are replaced (spec/rollout.md, "Strategy")."""

from enum import StrEnum

from stagecraft.model.frozen import Frozen

STABLE_AFTER = 5.0
"""Seconds a container without a health check has to be up, without a restart, unless `monitor` differs."""


class Order(StrEnum):
    """What comes first."""

    START_FIRST = "start-first"
    """New containers run beside the old ones until they are ready."""
    RECREATE = "recreate"
    """The old container goes before the new one comes."""


class FailureAction(StrEnum):
    """What becomes of new containers of which one fails (Compose specification, `update_config`)."""

    ROLLBACK = "rollback"
    """They are removed; the old ones keep serving."""
    PAUSE = "pause"
    """Everything stays as it is, to be looked at."""
    CONTINUE = "continue"
    """The other batches follow; the rollout fails in the end."""


class Strategy(Frozen):
    """How one service is replaced, and why so."""

    order: Order = Order.RECREATE
    cause: str = ""
    asked: bool = False
    """Whether the Compose file says so; otherwise what the host shows may still lead to `recreate`."""
    parallelism: int = 1
    """How many containers are replaced at a time; 0: all."""
    delay: float = 0
    """Seconds between two batches."""
    monitor: float = STABLE_AFTER
    """Seconds a container without a health check has to be up to count as ready."""
    failure_action: FailureAction = FailureAction.ROLLBACK
