"""destroy: take a project off its hosts, as a recorded release of its own kind."""

from contextlib import closing
from dataclasses import dataclass, replace

from stagecraft.app import hooks, planning
from stagecraft.app.hands import MakeHands
from stagecraft.app.left_behind import with_them
from stagecraft.app.opened import Opened, opened
from stagecraft.app.preflight import Preflight
from stagecraft.app.requests import DestroyRequest
from stagecraft.app.run import Run, actor
from stagecraft.app.where import Where
from stagecraft.engine.ports import Observer, Shield
from stagecraft.errors import ConfigError
from stagecraft.model.events import Note
from stagecraft.model.phase import HostStatus, Kind, Phase
from stagecraft.model.plan import HostPlan, Plan, content_digest
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import LOCAL, Destroy

_REASON = "a destroy only removes"
_NOTHING = ""
"""The text of a host that is to run nothing."""


def plan(where: Where, request: DestroyRequest) -> Plan:
    """Return what `destroy` would do. Raises ConfigError."""
    here, base = _with_every_host(opened(where, request.env))
    return _planned(here, base, request)


def run(
    where: Where, observer: Observer, shield: Shield, request: DestroyRequest, hands: MakeHands
) -> Release:
    """Remove what runs; return the finished record. Raises StagecraftError subclasses."""
    here, base = _with_every_host(opened(where, request.env, lambda sentence: observer(Note(text=sentence))))
    planned = _planned(here, base, request)
    reached = _only(here, planned)
    running = Run(where, reached, hands(where, reached, observer), shield, request.lock_wait)
    with closing(running.hands.engines):
        preflight = Preflight(where, reached, running.hands, _part(planned))
        preflight.reach()
        preflight.fetch()
        prepared = _Prepared(running, here, request)
        return running(prepared, lambda: preflight.values, lambda release: release, lambda _host: None)


@dataclass(frozen=True)
class _Prepared:
    running: Run
    here: Opened
    request: DestroyRequest

    def __call__(self) -> Release:
        """Return the release to record, planned again under the lock."""
        plan = _planned(self.here, planning.base_of(self.here), self.request)
        release = Release.begin(
            plan,
            actor=actor(self.running.where),
            message=self.request.message,
            created_at=self.running.hands.clock.now(),
        )
        others = set(plan.hosts) - _destroyed(plan)
        return release.with_hosts({name: HostRecord(status=HostStatus.UNTOUCHED) for name in others})


def _with_every_host(here: Opened) -> tuple[Opened, Release | None]:
    """Return the environment with the hosts that left the configuration, and the current release."""
    base = planning.base_of(here)
    hosts = with_them(here, base)
    return replace(here, environment=here.environment.model_copy(update={"hosts": hosts})), base


def _only(here: Opened, planned: Plan) -> Opened:
    """Return the environment with only the hosts that are destroyed: no other one is connected to."""
    wanted = _destroyed(planned)
    hosts = {name: host for name, host in here.environment.hosts.items() if name in wanted}
    return replace(here, environment=here.environment.model_copy(update={"hosts": hosts}))


def _part(planned: Plan) -> Plan:
    wanted = _destroyed(planned)
    return planned.model_copy(
        update={"hosts": {name: host for name, host in planned.hosts.items() if name in wanted}}
    )


def _destroyed(planned: Plan) -> set[str]:
    return {step.host for step in planned.steps if isinstance(step, Destroy)}


def _planned(here: Opened, base: Release | None, request: DestroyRequest) -> Plan:
    names = tuple(sorted(here.environment.hosts)) or (LOCAL,)
    if request.host is not None and request.host not in names:
        raise ConfigError(
            f"there is no host `{request.host}` in `{here.environment.name}`",
            hint=f"there is {', '.join(f'`{name}`' for name in names)}",
        )
    text = content_digest(_NOTHING)
    skipped = {phase: _REASON for phase in Phase if phase not in (Phase.ROLLOUT, Phase.FINALIZE)}
    destroys = tuple(
        Destroy(
            host=name,
            cause="asked for",
            compose_project=here.environment.compose_project,
            volumes=request.volumes,
        )
        for name in names
        if request.host in (None, name)
    )
    steps = hooks.around(here, Kind.DESTROY, destroys, skipped)
    return Plan(
        project=here.loaded.project.project,
        environment=here.environment.name,
        kind=Kind.DESTROY,
        version=base.version if base else "none",
        base=base.id if base else None,
        store_present=here.store.exists(),
        compose_version=base.plan.compose_version if base else "",
        steps=steps,
        skipped=skipped,
        hosts={name: HostPlan(text=text) for name in names},
        texts={text: _NOTHING},
        variables={},
        secrets=tuple(sorted(hooks.secrets_of(steps))),
        timeouts=here.environment.timeouts.by_phase(),
        notes=() if request.volumes else ("volumes stay; `--volumes` removes them too",),
    ).sealed()
