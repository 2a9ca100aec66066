"""migrate: migrations alone, as a recorded release; and what the releases know of each."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import tee

from stagecraft.app import hooks, migration_past, migration_planning, planning
from stagecraft.app.hands import MakeHands
from stagecraft.app.migration_entry import TEXT
from stagecraft.app.migration_past import Past
from stagecraft.app.opened import Opened, opened
from stagecraft.app.placement import Placed
from stagecraft.app.preflight import Preflight
from stagecraft.app.requests import MigrateRequest, MigrationState
from stagecraft.app.run import Run, actor
from stagecraft.app.where import Where
from stagecraft.compose.one_off import services_of
from stagecraft.compose.use import names_of
from stagecraft.engine.ports import Observer, Shield
from stagecraft.errors import ConfigError
from stagecraft.migrators.answers import Answers
from stagecraft.model.events import Note
from stagecraft.model.migration import MigrationStatus, When
from stagecraft.model.phase import Kind, Phase
from stagecraft.model.plan import Plan, content_digest
from stagecraft.model.release import Release
from stagecraft.model.step import LOCAL, Migrate
from stagecraft.phases.given import MigrationGiven
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.git import Git
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor

_AROUND = (When.PRE, When.POST)
_ALONE = "`migrate` runs migrations only"


def plan(where: Where, observer: Observer, request: MigrateRequest) -> Plan:
    """Return what `migrate` would do. Raises ConfigError."""
    return _planned(where, opened(where, request.env), observer, request)


def run(
    where: Where, observer: Observer, shield: Shield, request: MigrateRequest, hands: MakeHands
) -> Release:
    """Run the chosen migrations; return the finished record. Raises StagecraftError subclasses."""
    here = opened(where, request.env, lambda sentence: observer(Note(text=sentence)))
    running = Run(where, here, hands(where, here, observer), shield, request.lock_wait)
    running.hands.answers = Answers.of(request)
    with closing(running.hands.engines):
        running.hands.engines.begin()
        return _Migrate(running, request, _planned(where, here, observer, request)).run()


def status(where: Where, env: str | None) -> tuple[MigrationState, ...]:
    """Return what the recorded releases know of each migration of the project. Needs no database."""
    here = opened(where, env)
    migrations = here.loaded.project.migrations
    newest_first = migration_past.releases(here.store, here.environment.name)
    known = [
        (migration, migration_past.past(releases, migration.name))
        for migration, releases in zip(migrations, tee(newest_first, len(migrations)), strict=True)
    ]
    given = {one.work.name: one for one in migration_planning.plan(here, _placed(here), Answers()).given}
    return tuple(
        MigrationState(
            name=migration.name,
            when=migration.when.value,
            engine=migration.engine,
            state=_state(past),
            pending=_pending(given[migration.name], past),
        )
        for migration, past in known
    )


@dataclass
class _Migrate:
    running: Run
    request: MigrateRequest
    plan: Plan

    def run(self) -> Release:
        running = self.running
        preflight = Preflight(running.where, running.here, running.hands, self.plan)
        preflight.check()
        return running(self._prepared, lambda: preflight.values, lambda release: release, lambda _: None)

    def _prepared(self) -> Release:
        """Return the release to record, planned again: somebody may have migrated in the meantime."""
        running = self.running
        plan = _planned(running.where, running.here, running.hands.observer, self.request)
        return Release.begin(
            plan,
            actor=actor(running.where),
            message=self.request.message,
            created_at=running.hands.clock.now(),
        )


def _planned(where: Where, here: Opened, observer: Observer, request: MigrateRequest) -> Plan:
    base = planning.base_of(here)
    found = migration_planning.plan(here, _placed(here), Answers.of(request))
    chosen = [given for given in found.given if _is_chosen(given, request)]
    _check_chosen(chosen, found.given, request)
    texts = {content_digest(text): text for text in (_text(base, given.host) for given in chosen) if text}
    git = Git(Processes(observer, Redactor(), tuple, SystemClock()), where.environ, here.folder)
    version = git.resolve_version(None, [here.store_folder.absolute()])
    declared = set(here.loaded.project.secrets)
    needed = found.secrets | {name for text in texts.values() for name in names_of(text)}
    phases = {_phase(given) for given in chosen}
    skipped = {phase: _ALONE for phase in Phase if phase not in phases | {Phase.FINALIZE}}
    steps = hooks.around(here, Kind.MIGRATE, tuple(_steps(chosen, base)), skipped)
    return Plan(
        project=here.loaded.project.project,
        environment=here.environment.name,
        kind=Kind.MIGRATE,
        version=version.version,
        commit=version.commit,
        base=base.id if base else None,
        store_present=here.store.exists(),
        compose_version=base.plan.compose_version if base else "",
        steps=steps,
        skipped=skipped,
        hosts={},
        texts=texts,
        files=found.files,
        variables=base.plan.variables if base else {},
        secrets=tuple(sorted((needed | hooks.secrets_of(steps)) & declared)),
        timeouts=here.environment.timeouts.by_phase(),
        notes=found.notes,
    ).sealed()


def _steps(chosen: list[MigrationGiven], base: Release | None) -> Iterator[Migrate]:
    for phase in (Phase.MIGRATE_PRE, Phase.MIGRATE_POST):
        mine = [given for given in chosen if _phase(given) is phase]
        for wave, given in enumerate(mine):
            text = _text(base, given.host)
            details = {**given.work.details, **({TEXT: content_digest(text)} if text else {})}
            yield Migrate(
                phase=phase,
                host=given.host,
                wave=wave,
                cause=f"asked for, with the images of {base.id}" if base else "asked for",
                when=given.when,
                work=given.work.model_copy(update={"details": details}),
            )


def _phase(given: MigrationGiven) -> Phase:
    return Phase.MIGRATE_PRE if given.when is When.PRE else Phase.MIGRATE_POST


def _is_chosen(given: MigrationGiven, request: MigrateRequest) -> bool:
    if request.name is not None and given.work.name != request.name:
        return False
    if request.when is not None:
        return given.when.value == request.when
    return request.name is not None or given.when in _AROUND


def _check_chosen(
    chosen: list[MigrationGiven], known: tuple[MigrationGiven, ...], request: MigrateRequest
) -> None:
    if chosen:
        return
    if not known:
        raise ConfigError(
            "no migrations are configured", hint="`stagecraft docs migrations` says how they are"
        )
    listed = ", ".join(f"`{given.work.name}` ({given.when})" for given in known)
    asked = f"is `{request.name}`" if request.name else f"is `{request.when or 'pre or post'}`"
    raise ConfigError(f"no migration {asked}", hint=f"migrations: {listed}")


def _placed(here: Opened) -> tuple[Placed, ...]:
    """Return the hosts with the services that the current release runs there."""
    base = planning.base_of(here)
    names = sorted(here.environment.hosts) or [LOCAL]
    return tuple(
        Placed(name, tuple(sorted(services_of(text))) if (text := _text(base, name)) else ())
        for name in names
    )


def _text(base: Release | None, host: str) -> str:
    return base.text_of(host) if base else ""


def _state(past: Past) -> str:
    """Return what became of a migration, in a few words."""
    if past.last is None:
        return "never run"
    when = past.last.started_at.isoformat() if past.last.started_at else ""
    words = {
        MigrationStatus.STARTED: "was started, and nobody saw it end",
        MigrationStatus.UNKNOWN: "may have run",
    }.get(past.last.status, past.last.status.value)
    revision = f", at revision {past.revision}" if past.revision else ""
    return f"{words} {when}{revision}".strip()


def _pending(given: MigrationGiven, past: Past) -> tuple[str, ...]:
    """Return what is not recorded as applied; a command that runs with each release is never pending."""
    if given.when is not When.MANUAL and any(one.name == given.work.name for one in given.work.changes):
        return ()
    return tuple(change.name for change in given.work.changes if change.name not in past.applied)
