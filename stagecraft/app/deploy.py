"""deploy: the plan of now, a saved plan that still holds, or the rest of a release that did not end."""

from contextlib import closing
from dataclasses import dataclass, replace

from stagecraft.app import images, planning, resume, saved
from stagecraft.app.hands import MakeHands
from stagecraft.app.opened import opened
from stagecraft.app.planning import Planned
from stagecraft.app.preflight import Preflight
from stagecraft.app.requests import DeployRequest
from stagecraft.app.run import Run, actor, back_to, pinned
from stagecraft.app.where import Where
from stagecraft.engine.ports import Observer, Shield
from stagecraft.errors import ConfigError
from stagecraft.migrators.answers import Answers
from stagecraft.model.events import Note
from stagecraft.model.release import Release


def run(
    where: Where, observer: Observer, shield: Shield, request: DeployRequest, hands: MakeHands
) -> Release:
    """Run a deploy to its end and return its record. Raises StagecraftError subclasses."""
    if request.plan is not None:
        request = _like(request)
    here = opened(where, request.env, lambda sentence: observer(Note(text=sentence)))
    running = Run(where, here, hands(where, here, observer), shield, request.lock_wait)
    running.hands.answers = Answers.of(request)
    with closing(running.hands.engines):
        running.hands.engines.begin()
        if request.resume is not None:
            return resume.run(running, request)
        return _Deploy(running, request, planning.make(where, here, observer, request)).run()


def _like(request: DeployRequest) -> DeployRequest:
    """Return the request that leads to the saved plan again, if nothing moved."""
    plan = request.plan
    if plan is None:
        return request
    if request.env not in (None, plan.environment):
        raise ConfigError(
            f"the saved plan is for `{plan.environment}`, not for `{request.env}`",
            hint=f"`stagecraft deploy --env {plan.environment} --plan ...`",
        )
    return replace(request, env=plan.environment, **plan.asked.model_dump())


@dataclass
class _Deploy:
    running: Run
    request: DeployRequest
    planned: Planned

    def run(self) -> Release:
        self._refuse_if_moved()
        preflight = self._preflight()
        return self.running(
            self._prepared,
            lambda: preflight.values,
            self._settled,
            back_to(self.planned.base),
        )

    def _preflight(self) -> Preflight:
        running = self.running
        preflight = Preflight(running.where, running.here, running.hands, self.planned.plan)
        preflight.check()
        return preflight

    def _prepared(self) -> Release:
        """Return the release to record; if somebody deployed in the meantime, the plan is made again."""
        running = self.running
        base = planning.base_of(running.here)
        if (base and base.id) != self.planned.plan.base:
            self.planned = planning.make(running.where, running.here, running.hands.observer, self.request)
            self._refuse_if_moved()
        plan = self.planned.plan
        return Release.begin(
            plan,
            actor=actor(running.where),
            message=self.request.message,
            created_at=running.hands.clock.now(),
        )

    def _refuse_if_moved(self) -> None:
        if self.request.plan is not None:
            saved.check(self.request.plan, self.planned.plan)

    def _settled(self, release: Release) -> Release:
        return pinned(release, images.settled(release.images, self.planned.base))
