"""What the commands need from `stagecraft.app.App`, as a type; tests hand in a fake."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # nothing here is needed to print a help page
    from stagecraft.app import Listed, ReleaseDifference, Where
    from stagecraft.app.doctor import Diagnosis
    from stagecraft.app.known import Kind
    from stagecraft.app.requests import (
        DeployRequest,
        DestroyRequest,
        ExecRequest,
        LogsRequest,
        MigrateRequest,
        MigrationState,
        PipelineFacts,
        RollbackRequest,
    )
    from stagecraft.app.start import Answers, Started
    from stagecraft.app.survey import Survey
    from stagecraft.engine.ports import Observer
    from stagecraft.model.holder import Holder
    from stagecraft.model.phase import ReleaseStatus
    from stagecraft.model.plan import Plan
    from stagecraft.model.release import Release
    from stagecraft.model.standing import Standing


class UseCases(Protocol):
    """One method a command. Every one may raise StagecraftError."""

    def config_check(self) -> Sequence[str]:
        """Validate `stagecraft.yml`; return sentences about what it defines."""
        ...

    def config_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of `stagecraft.yml`."""
        ...

    def config_render(self, env: str | None, host: str | None, version: str | None) -> str:
        """Return the rendered Compose text."""
        ...

    def plan(self, request: "DeployRequest") -> "Plan":
        """Return what `deploy` with the same request would do."""
        ...

    def load_plan(self, path: Path) -> "Plan":
        """Return the plan saved at `path`."""
        ...

    def deploy(self, request: "DeployRequest") -> "Release":
        """Run the plan; return the finished release."""
        ...

    def rollback_plan(self, request: "RollbackRequest") -> "Plan":
        """Return what `rollback` with the same request would do."""
        ...

    def rollback(self, request: "RollbackRequest") -> "Release":
        """Go back; return the finished release."""
        ...

    def migrate_plan(self, request: "MigrateRequest") -> "Plan":
        """Return what `migrate` would do."""
        ...

    def migrate(self, request: "MigrateRequest") -> "Release":
        """Run migrations alone; return the finished release."""
        ...

    def migrations(self, env: str | None) -> "Sequence[MigrationState]":
        """Return what the records know of each migration."""
        ...

    def releases(self, env: str | None, limit: int, status: "ReleaseStatus | None") -> "Sequence[Listed]":
        """Return the newest releases, newest first."""
        ...

    def release(self, id: str) -> "Release":  # noqa: A002  the word users type
        """Return one release."""
        ...

    def current(self, env: str) -> str | None:
        """Return the ID of the environment's current release."""
        ...

    def difference(self, a: str, b: str) -> "ReleaseDifference":
        """Return what differs between two releases."""
        ...

    def verify(self, env: str | None) -> Sequence[str]:
        """Check every record; return one sentence a problem."""
        ...

    def holder(self, env: str | None) -> "Holder | None":
        """Return who holds the environment's lock now."""
        ...

    def survey(self, compose: "Sequence[str]", env: str) -> "Survey":
        """Return what the Compose files say about a project that has no configuration yet."""
        ...

    def start(self, found: "Survey", answers: "Answers") -> "Started":
        """Write the first configuration."""
        ...

    def status(self, env: str | None, *, notify: bool = False) -> "Standing":
        """Compare what runs on every host with the current release; with `notify`, tell of drift."""
        ...

    def destroy_plan(self, request: "DestroyRequest") -> "Plan":
        """Return what `destroy` with the same request would do."""
        ...

    def destroy(self, request: "DestroyRequest") -> "Release":
        """Remove what runs; return the finished release."""
        ...

    def logs(self, request: "LogsRequest") -> None:
        """Tell the observer what the containers write, as `Output` events."""
        ...

    def exec(self, request: "ExecRequest") -> int:
        """Run a command in a container; return its exit code."""
        ...

    def doctor(self, env: str | None) -> "Diagnosis":
        """Look at everything a deploy of now needs, as its preflight does."""
        ...

    def aliases(self) -> "Mapping[str, Sequence[str]]":
        """Return the user's own command lines."""
        ...

    def names(self, kind: "Kind", env: str | None) -> Sequence[str]:
        """Return what can be typed, for a shell's completion."""
        ...

    def pipeline_facts(self, env: str | None) -> "PipelineFacts":
        """Return what a pipeline's files say about the project."""
        ...


Connect = Callable[["Where", "Observer"], UseCases]
"""Makes the use cases for one command."""
