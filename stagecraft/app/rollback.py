"""rollback: a new release with the text, the configs and the images of one that really ran."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from stagecraft.app import hooks, ingress, plan_notes, planning, reading, rollback_migrations
from stagecraft.app.hands import MakeHands
from stagecraft.app.opened import Opened, opened
from stagecraft.app.preflight import Preflight, listed
from stagecraft.app.requests import RollbackRequest
from stagecraft.app.run import Run, actor, back_to, pinned
from stagecraft.app.where import Where
from stagecraft.compose.changes import changes
from stagecraft.compose.difference import difference
from stagecraft.compose.strategy import strategies
from stagecraft.compose.use import names_of
from stagecraft.engine.ports import Observer, Shield
from stagecraft.errors import RefusedError
from stagecraft.model.events import Note
from stagecraft.model.header import Header
from stagecraft.model.history import completed, content, rollback_target
from stagecraft.model.phase import Kind, Phase
from stagecraft.model.plan import HostPlan, Plan
from stagecraft.model.release import Release
from stagecraft.model.step import LOCAL, Pull, Rollout, Step
from stagecraft.phases.rollout import PULL_CAUSE

_SHOWN = 5
"""How many releases an error names as available."""


def plan(where: Where, request: RollbackRequest) -> Plan:
    """Return what `rollback` would do. Raises RefusedError."""
    return _planned(opened(where, request.env), request)


def run(
    where: Where, observer: Observer, shield: Shield, request: RollbackRequest, hands: MakeHands
) -> Release:
    """Go back; return the finished record. Raises StagecraftError subclasses."""
    here = opened(where, request.env, lambda sentence: observer(Note(text=sentence)))
    running = Run(where, here, hands(where, here, observer), shield, request.lock_wait)
    with closing(running.hands.engines):
        running.hands.engines.begin()
        return _Rollback(running, request, _planned(here, request)).run()


@dataclass
class _Rollback:
    running: Run
    request: RollbackRequest
    plan: Plan

    def run(self) -> Release:
        preflight = self._preflight()
        return self.running(
            self._prepared,
            lambda: preflight.values,
            lambda release: pinned(release, release.images),
            back_to(planning.base_of(self.running.here)),
        )

    def _preflight(self) -> Preflight:
        """Refuse before anything is touched: every image and every secret has to be there."""
        running = self.running
        preflight = Preflight(running.where, running.here, running.hands, self.plan)
        preflight.reach()
        if missing := [*preflight.secrets(), *preflight.files(), *preflight.images()]:
            headers = list(running.here.store.headers(running.here.environment.name))
            raise RefusedError(
                f"`{self.plan.rollback_of}` cannot be brought back: {listed(missing)}",
                hint=available(headers),
            )
        preflight.mask()
        return preflight

    def _prepared(self) -> Release:
        """Return the release to record; the target is chosen again if something ran in the meantime."""
        running = self.running
        now = _planned(running.here, self.request)
        if now.digest != self.plan.digest:
            self.plan = now
            self._preflight()
        return Release.begin(
            self.plan,
            actor=actor(running.where),
            message=self.request.message,
            created_at=running.hands.clock.now(),
        )


def _planned(here: Opened, request: RollbackRequest) -> Plan:
    headers = list(here.store.headers(here.environment.name))
    target = here.store.read(here.environment.name, _target(here, headers, request).number)
    base = planning.base_of(here)
    across = rollback_migrations.across(here, target, request)
    reason = f"`{target.id}` has its images"
    skipped = {
        Phase.BUILD: reason,
        Phase.PUSH: reason,
        **({} if across.steps else {Phase.MIGRATE_PRE: "no migration is undone"}),
        Phase.MIGRATE_POST: "a rollback applies no migration",
    }
    steps: tuple[Step, ...] = (
        *across.steps,
        *_pulls(target, base),
        *(_step(step, target, base) for step in target.plan.rollouts),
    )
    around = hooks.around(here, Kind.ROLLBACK, steps, skipped)
    texts = {name: target.text_of(name) for name in target.hosts}
    hosts = {
        name: HostPlan(
            text=target.hosts[name].text or "",
            difference=difference(base.text_of(name) if base else "", text),
            services=changes(base.text_of(name) if base else "", text),
            strategies=strategies(text),
        )
        for name, text in texts.items()
    }
    return Plan(
        project=target.project,
        environment=target.environment,
        kind=Kind.ROLLBACK,
        version=target.version,
        commit=target.commit,
        base=base.id if base else None,
        store_present=True,
        compose_version=target.plan.compose_version,
        rollback_of=target.id,
        steps=around,
        skipped=skipped,
        hosts=hosts,
        texts={**across.texts, **target.texts},
        files={**across.files, **target.files},
        variables={**across.variables, **target.plan.variables},
        secrets=tuple(sorted({*across.secrets, *_needed(target), *hooks.secrets_of(around)})),
        timeouts=target.plan.timeouts,
        on_failure=target.plan.on_failure,
        pause=target.plan.pause,
        given=target.images,
        notes=(*_notes(target, texts), *ingress.notes(hosts, target.texts), *across.notes),
    ).sealed()


def _pulls(target: Release, base: Release | None) -> Iterator[Pull]:
    """Yield a pull for every remote host whose text changes, as for a deploy."""
    for step in target.plan.rollouts:
        if step.host != LOCAL and (not base or base.text_of(step.host) != target.text_of(step.host)):
            yield Pull(host=step.host, cause=PULL_CAUSE)


def _step(step: Rollout, target: Release, base: Release | None) -> Rollout:
    return step.model_copy(
        update={
            "text": target.hosts[step.host].text,
            "cause": f"{base.version if base else 'nothing'} -> {target.version}, as it was in {target.id}",
            "recreate": (),
            "canary": None,
        }
    )


def _needed(target: Release) -> frozenset[str]:
    """Return the names of the secrets that the target's plan needs for anything but its own hooks."""
    texts = {name for text in target.texts.values() for name in names_of(text)}
    own = hooks.secrets_of(target.plan.steps) - texts
    return frozenset(target.plan.secrets) - own


def _notes(target: Release, texts: dict[str, str]) -> tuple[str, ...]:
    notes = []
    if needed := _needed(target):
        notes.append(f"secret values are those of today: {', '.join(sorted(needed))}")
    if files := plan_notes.read_at_use(texts):
        notes.append(f"files are read as they are today: {', '.join(files)}")
    return (*notes, *plan_notes.inside(texts))


def _target(here: Opened, headers: list[Header], request: RollbackRequest) -> Header:
    """Return the deploy whose content is wanted. Raises RefusedError, ConfigError for an unknown id."""
    if not headers:
        name = here.environment.name
        raise RefusedError(
            f"`{name}` has no release to go back to", hint=f"deploy first: `stagecraft deploy --env {name}`"
        )
    if request.to is None and request.to_version is None:
        return rollback_target(headers)
    candidates = completed(headers)
    if request.to_version is not None:
        found = next((header for header in candidates if header.version == request.to_version), None)
        if found is None:
            raise RefusedError(
                f"no completed release has version `{request.to_version}`", hint=available(headers)
            )
        return content(found, headers)
    wanted = request.to or ""
    found = next((header for header in candidates if header.id == wanted), None)
    if found is None:
        release = reading.find(here.store, wanted)
        raise RefusedError(
            f"`{release.id}` cannot be gone back to: it is a {release.kind} that is `{release.status}`",
            hint=available(headers),
        )
    return content(found, headers)


def available(headers: list[Header]) -> str:
    """Return which releases can be named with `--to`."""
    ids = [f"`{header.id}` ({header.version})" for header in completed(headers)[:_SHOWN]]
    return f"available: {', '.join(ids)}" if ids else "no release has completed yet"
