"""The use cases. One module each; `App` imports each when it is called, so that lists stay instant."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagecraft.app.found import Listed, ReleaseDifference
from stagecraft.app.where import Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stagecraft.app.doctor import Diagnosis
    from stagecraft.app.hands import MakeHands
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
    from stagecraft.engine.ports import Observer, Shield
    from stagecraft.model.holder import Holder
    from stagecraft.model.phase import ReleaseStatus
    from stagecraft.model.plan import Plan
    from stagecraft.model.release import Release
    from stagecraft.model.standing import Standing

__all__ = ["App", "Listed", "ReleaseDifference", "Where"]


class App:
    """One method a use case. Every one raises StagecraftError subclasses and prints nothing."""

    def __init__(
        self,
        where: Where,
        observer: Observer,
        shield: Shield = nullcontext,
        hands: MakeHands | None = None,
    ) -> None:
        """`hands` makes what touches the world outside the store; None: the real ones."""
        self._where = where
        self._observer = observer
        self._shield = shield
        self._hands = hands

    def config_check(self) -> list[str]:
        """Validate the configuration; return what was found, one sentence each."""
        from stagecraft.app import rendering

        return rendering.check(self._where, self._observer)

    def config_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of `stagecraft.yml`."""
        from stagecraft.config.schema import json_schema

        return json_schema()

    def config_render(self, env: str | None, host: str | None, version: str | None) -> str:
        """Return the Compose text of one host as `plan` would show it."""
        from stagecraft.app import rendering

        return rendering.render(self._where, self._observer, env, host, version)

    def plan(self, request: DeployRequest) -> Plan:
        """Return what `deploy` would do. Writes nothing and needs no engine."""
        from stagecraft.app import planning

        return planning.plan(self._where, self._observer, request)

    def load_plan(self, path: Path) -> Plan:
        """Return a saved plan. Raises ConfigError: not there; RefusedError: changed by hand."""
        from stagecraft.app import saved

        return saved.load(self._where, path)

    def deploy(self, request: DeployRequest) -> Release:
        """Run a deploy to its end and return its record."""
        from stagecraft.app import deploy

        return deploy.run(self._where, self._observer, self._shield, request, self._making())

    def rollback_plan(self, request: RollbackRequest) -> Plan:
        """Return what `rollback` would do."""
        from stagecraft.app import rollback

        return rollback.plan(self._where, request)

    def rollback(self, request: RollbackRequest) -> Release:
        """Bring back a release that really ran, as a new release."""
        from stagecraft.app import rollback

        return rollback.run(self._where, self._observer, self._shield, request, self._making())

    def migrate_plan(self, request: MigrateRequest) -> Plan:
        """Return what `migrate` would do."""
        from stagecraft.app import migrate

        return migrate.plan(self._where, self._observer, request)

    def migrate(self, request: MigrateRequest) -> Release:
        """Run migrations alone, as a recorded release."""
        from stagecraft.app import migrate

        return migrate.run(self._where, self._observer, self._shield, request, self._making())

    def migrations(self, env: str | None) -> tuple[MigrationState, ...]:
        """Return what the records know of each migration."""
        from stagecraft.app import migrate

        return migrate.status(self._where, env)

    def releases(self, env: str | None, limit: int, status: ReleaseStatus | None) -> tuple[Listed, ...]:
        """Return the newest releases, newest first."""
        from stagecraft.app import reading

        return reading.releases(self._where, env, limit, status)

    def current(self, env: str | None) -> str | None:
        """Return the id of the environment's current release, or None."""
        from stagecraft.app import reading

        return reading.current(self._where, env)

    def release(self, id: str) -> Release:  # noqa: A002 - the field's word
        """Return one release. Raises ConfigError naming the nearest ids if there is none."""
        from stagecraft.app import reading

        return reading.release(self._where, id)

    def difference(self, a: str, b: str) -> ReleaseDifference:
        """Return what differs between two releases."""
        from stagecraft.app import reading

        return reading.difference(self._where, a, b)

    def verify(self, env: str | None) -> list[str]:
        """Check every record and its twin; return the problems."""
        from stagecraft.app import reading

        return reading.verify(self._where, env)

    def holder(self, env: str | None) -> Holder | None:
        """Return who holds the environment's lock, or None."""
        from stagecraft.app import reading

        return reading.holder(self._where, env)

    def survey(self, compose: Sequence[str], env: str) -> Survey:
        """Return what the Compose files say about a project that has no configuration yet."""
        from stagecraft.app import survey

        return survey.survey(self._where, self._observer, compose, env)

    def start(self, found: Survey, answers: Answers) -> Started:
        """Write the first configuration; never over one that is there."""
        from stagecraft.app import start

        return start.start(self._where, self._observer, found, answers)

    def status(self, env: str | None, *, notify: bool = False) -> Standing:
        """Compare what runs on every host with the current release; with `notify`, tell of drift."""
        from stagecraft.app import status

        return status.status(self._where, self._observer, env, self._making(), notify=notify)

    def destroy_plan(self, request: DestroyRequest) -> Plan:
        """Return what `destroy` would do."""
        from stagecraft.app import destroy

        return destroy.plan(self._where, request)

    def destroy(self, request: DestroyRequest) -> Release:
        """Take the project off its hosts, as a release of its own kind."""
        from stagecraft.app import destroy

        return destroy.run(self._where, self._observer, self._shield, request, self._making())

    def logs(self, request: LogsRequest) -> None:
        """Tell the observer what the containers write, as `Output` events."""
        from stagecraft.app import logs

        logs.run(self._where, self._observer, request, self._making())

    def exec(self, request: ExecRequest) -> int:
        """Run a command in a container; return its exit code."""
        from stagecraft.app import exec as executing

        return executing.run(self._where, self._observer, request, self._making())

    def doctor(self, env: str | None) -> Diagnosis:
        """Look at everything a deploy of now needs, as its preflight does."""
        from stagecraft.app import doctor

        return doctor.diagnose(self._where, self._observer, env, self._making())

    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Return the user's own command lines; none where there is no project. Raises ConfigError."""
        from stagecraft.app import known

        return known.aliases(self._where)

    def names(self, kind: Kind, env: str | None) -> list[str]:
        """Return what can be typed, for a shell's completion; never raises."""
        from stagecraft.app import known

        return known.of(self._where, kind, env)

    def pipeline_facts(self, env: str | None) -> PipelineFacts:
        """Return what a pipeline's files say about the project."""
        from stagecraft.app import pipeline_facts

        return pipeline_facts.facts(self._where, env)

    def _making(self) -> MakeHands:
        from stagecraft.app.hands import Hands

        return self._hands or Hands
