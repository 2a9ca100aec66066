"""The wiring of a run: clock, programs, engine and runner, all told what to hide and what to inherit."""

from collections.abc import Callable, Mapping
from pathlib import Path

from stagecraft.app import planning
from stagecraft.app.database_reach import DatabaseReach
from stagecraft.app.migration_command import CommandMigrations
from stagecraft.app.migration_sql import SqlMigrations
from stagecraft.app.migrations import Engine, Migrations
from stagecraft.app.opened import Opened
from stagecraft.app.rollouts import Rollouts
from stagecraft.app.where import Where
from stagecraft.compose.definition import allowances
from stagecraft.engine.ports import Observer, Runner
from stagecraft.engine.stamped import Stamped
from stagecraft.errors import UnavailableError
from stagecraft.migrators import command, sql
from stagecraft.migrators.answers import Answers
from stagecraft.model.events import Note
from stagecraft.model.image import RunningImage
from stagecraft.model.phase import Kind
from stagecraft.model.release import Release
from stagecraft.model.step import Pull, Push
from stagecraft.runtime.cache import cache_folder
from stagecraft.runtime.carrying import Carrier
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.compose import find_compose
from stagecraft.runtime.destroying import Destroying
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.engines import Engines
from stagecraft.runtime.hooks import Hooks
from stagecraft.runtime.images import Images
from stagecraft.runtime.local_registry import CARRIED, LocalRegistry
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor
from stagecraft.runtime.runner import StepRunner
from stagecraft.runtime.ssh_command import Target

FILES = ".files"
"""Folder of the store with the files that texts mount."""


class Hands:
    """Everything of one run that touches the world outside the store."""

    def __init__(self, where: Where, here: Opened, observer: Observer) -> None:
        self.inherited: tuple[int, ...] = ()
        """Descriptors that every program inherits: the lock's, once it is held."""
        self.answers = Answers()
        """What a person has found out about migrations that may have run."""
        self.clock = SystemClock()
        self.redactor = Redactor()
        self.observer = Stamped(observer, self.clock)
        self.processes = Processes(self.observer, self.redactor, lambda: self.inherited, self.clock)
        self.docker = Docker(EngineAccess.of(where.environ), self.processes, compose=_compose(where.environ))
        registry = _registry(here, self.docker, where.environ)
        self.engines = Engines(self.docker, self.processes, _targets(here), where.environ, registry)
        self._here = here
        self._environ = where.environ

    def runner(self, secrets: Mapping[str, str]) -> Runner:
        """Return what runs steps with today's secret values."""
        rollouts = Rollouts(
            engine=self.engines.of,
            clock=self.clock,
            observer=self.observer,
            redactor=self.redactor,
            folder=self._here.folder,
            files=self._here.store_folder.absolute() / FILES,
            secrets=secrets,
            carry=Carrier(self.docker, self.processes),
            known=_known(self._here),
        )
        registry = self.engines.registry
        images = Images(
            self.docker,
            self.engines.of,
            self._here.folder,
            secrets,
            allowances,
            pushes=registry is None or bool(registry.way),
        )
        migrations = self._migrations(rollouts, secrets)

        def stop() -> None:
            self.stop()
            migrations.cancel()

        return StepRunner(
            images=images,
            rollout=rollouts,
            pull=rollouts.pull,
            migrate=migrations,
            destroy=Destroying(self.engines.of),
            hook=self._hooks(secrets),
            stop=stop,
        )

    def _hooks(self, secrets: Mapping[str, str]) -> Hooks:
        sources = self._here.loaded.project.secrets
        folder, environ = self._here.folder, self._environ
        return Hooks(self.processes, self.observer, self.clock.now, folder, environ, sources, secrets)

    def _migrations(self, rollouts: Rollouts, secrets: Mapping[str, str]) -> Migrations:
        environment = self._here.environment
        project, patience = environment.compose_project, environment.health_timeout
        reach = DatabaseReach(self.engines.of, rollouts, self.engines.tunnel, project, patience)
        folder = self._here.folder
        engines: dict[str, Engine] = {
            sql.ENGINE: SqlMigrations(reach, self.clock, self.redactor, folder, secrets, self.answers),
            command.ENGINE: CommandMigrations(
                self.engines.of, rollouts, project, patience, folder, self.redactor.redact, self.answers
            ),
        }
        return Migrations(engines, self._here.store, self.clock)

    def serve(self, release: Release, descriptors: tuple[int, ...]) -> None:
        """Serve images from here, if that is configured. Raises UnavailableError."""
        if release.kind is Kind.DESTROY or not (registry := self.engines.registry):
            return
        if any(isinstance(step, Push | Pull) for step in release.plan.steps):
            way = f"the registry of this run is {registry.way}, at `localhost:{registry.port}` here and there"
            self.observer(Note(text=way if registry.way else CARRIED))
        self.engines.serve(descriptors)

    def stop(self) -> None:
        """End every program and every wait."""
        self.processes.cancel()
        self.clock.cancel()


def _compose(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the program that `docker compose` would start: without the detour it is done sooner."""
    try:
        return find_compose(Path(environ.get("HOME", "/")), environ.get("PATH"))
    except UnavailableError:  # for the command that needs it to say
        return ("docker", "compose")


def _known(here: Opened) -> tuple[RunningImage, ...]:
    base = planning.base_of(here)
    hosts = base.hosts.values() if base else ()
    return tuple(image for host in hosts for image in host.running.values())


def _registry(here: Opened, docker: Docker, environ: Mapping[str, str]) -> LocalRegistry | None:
    port = here.registry_port
    if port is None:
        return None
    data = cache_folder(environ) / "registry" / f"{here.loaded.project.project}-{port}"
    return LocalRegistry(port, data, docker, environ)


def _targets(here: Opened) -> tuple[Target, ...]:
    hosts = here.environment.hosts
    return tuple(Target(name, host.ssh, host.engine) for name, host in sorted(hosts.items()))


MakeHands = Callable[[Where, Opened, Observer], Hands]
"""What makes the hands of a run: `Hands` itself, or a test's."""
