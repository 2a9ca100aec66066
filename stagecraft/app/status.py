"""status: what runs on every host, compared with the current release. Changes nothing, takes no lock."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from stagecraft.app import migration_planning, planning
from stagecraft.app.hands import Hands, MakeHands
from stagecraft.app.left_behind import gone, left_behind
from stagecraft.app.notices import telling
from stagecraft.app.opened import Opened, opened
from stagecraft.app.where import Where
from stagecraft.compose.drift import standings
from stagecraft.engine.ports import Observer
from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.model.observed import Observed
from stagecraft.model.release import Release
from stagecraft.model.standing import HostStanding, Standing
from stagecraft.model.step import LOCAL
from stagecraft.runtime.site import ComposeSite

_SECONDS = 30.0
"""How long one host may take to say what runs on it."""


def status(
    where: Where, observer: Observer, env: str | None, hands: MakeHands, *, notify: bool = False
) -> Standing:
    """Return how the environment stands. A host that cannot be reached is in it with its problem.

    With `notify`, whoever wants to know of drift is told of it.

    Raises ConfigError, StoreError.
    """
    here = opened(where, env)
    base = planning.base_of(here)
    made = hands(where, here, observer)
    with closing(made.engines):
        unreachable = made.engines.connect()
        problems = {host: str(error) for host, error in unreachable.items()}
        look = _Look(here, base, made, problems)
        names = sorted({*configured(here), *left_behind(here, base)})
        with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
            hosts = tuple(pool.map(look, names))
    standing = Standing(
        environment=here.environment.name,
        release=base.id if base else None,
        version=base.version if base else None,
        hosts=hosts,
        notes=migration_planning.reminders(here),
    )
    if notify and standing.drifted:
        with telling(where, here, made) as told:
            told.drift(standing)
    return standing


def configured(here: Opened) -> tuple[str, ...]:
    """Return the hosts that the configuration names today; without any, this machine's engine."""
    return tuple(here.environment.hosts) or (LOCAL,)


class _Look:
    """Looks at one host."""

    def __init__(self, here: Opened, base: Release | None, hands: Hands, problems: dict[str, str]) -> None:
        self._here = here
        self._base = base
        self._hands = hands
        self._problems = problems

    def __call__(self, host: str) -> HostStanding:
        if host not in configured(self._here):
            return HostStanding(host=host, notes=(gone(host, self._here.environment.name),))
        if host in self._problems:
            return HostStanding(host=host, problem=self._problems[host])
        try:
            observed = self._observe(host)
        except (UnavailableError, StepFailedError) as error:
            return HostStanding(host=host, problem=error.message)
        recorded = self._base.hosts.get(host) if self._base else None
        notes = () if recorded or not self._base else ("the next deploy brings it the release",)
        text = self._base.text_of(host) if self._base else ""
        running = recorded.running if recorded else {}
        return HostStanding(host=host, services=standings(text, running, observed), notes=notes)

    def _observe(self, host: str) -> Observed:
        deadline = self._hands.clock.monotonic() + _SECONDS
        project = self._here.environment.compose_project
        engine = self._hands.engines.of(host)
        return ComposeSite(engine, project, self._here.folder, "", {}, deadline).observe()
