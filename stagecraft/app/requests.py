"""What a command asks for, and what it gets back: values between `cli` and `app`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # lists need none of their fields
    from stagecraft.model.plan import Plan


@dataclass(frozen=True)
class DeployRequest:
    """What `plan` and `deploy` ask for."""

    env: str | None
    version: str | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    """Service -> image reference with a digest, built elsewhere."""
    skip_build: bool = False
    rebuild: bool = False
    recreate: tuple[str, ...] = ()
    message: str = ""
    lock_wait: float = 0
    """Seconds to wait for the lock."""
    plan: "Plan | None" = None
    """A saved plan that has to be exactly what would be planned now."""
    plan_path: Path | None = None
    """Where the saved plan lies, or is to be written: no part of the version."""
    resume: str | None = None
    """Id of the release to finish; an empty string means the newest."""
    migration_done: tuple[str, ...] = ()
    """Migrations that may have run, and of which a person knows that they did."""
    migration_again: tuple[str, ...] = ()
    """Migrations that may have run, and of which a person knows that they are to be run again."""


@dataclass(frozen=True)
class RollbackRequest:
    """What `rollback` asks for."""

    env: str | None
    to: str | None = None
    """Id of a completed release."""
    to_version: str | None = None
    message: str = ""
    lock_wait: float = 0
    with_migrations: bool = False
    """Whether to undo what can be undone and has run since."""
    accept_schema: tuple[str, ...] = ()
    """Migrations, or files, that stay although the release to go back to does not know them."""


@dataclass(frozen=True)
class MigrateRequest:
    """What `migrate` asks for."""

    env: str | None
    when: str | None = None
    """Only migrations of this `when`; None: those around a rollout."""
    name: str | None = None
    message: str = ""
    lock_wait: float = 0
    migration_done: tuple[str, ...] = ()
    migration_again: tuple[str, ...] = ()


@dataclass(frozen=True)
class MigrationState:
    """One line of `migrate status`."""

    name: str
    when: str
    engine: str
    state: str
    """What the recorded releases know of it, in a few words."""
    pending: tuple[str, ...] = ()
    """Files that are not recorded as applied."""


@dataclass(frozen=True)
class PipelineFacts:
    """What a pipeline's files say about a project."""

    environment: str
    secrets: tuple[str, ...]
    """Variables of the caller that secrets come from, sorted."""


@dataclass(frozen=True)
class DestroyRequest:
    """What `destroy` asks for."""

    env: str | None
    host: str | None = None
    """Only this host."""
    volumes: bool = False
    message: str = ""
    lock_wait: float = 0


@dataclass(frozen=True)
class LogsRequest:
    """What `logs` asks for."""

    env: str | None
    host: str | None = None
    services: tuple[str, ...] = ()
    """Only these; empty: all."""
    tail: int = 100
    """Lines of each container."""
    follow: bool = False


@dataclass(frozen=True)
class ExecRequest:
    """What `exec` asks for."""

    env: str | None
    service: str
    command: tuple[str, ...]
    host: str | None = None
    terminal: bool = False
    """Whether the command gets the terminal of the caller."""
