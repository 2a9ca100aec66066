"""From a plan to a finished release: lock, base, record, executor. The same for every kind of release."""

import getpass
import os
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from stagecraft.app import one_project, planning
from stagecraft.app.hands import Hands
from stagecraft.app.left_behind import reach_of
from stagecraft.app.notices import telling
from stagecraft.app.opened import Opened
from stagecraft.app.where import Where
from stagecraft.compose.pin import pin
from stagecraft.engine.executor import Executor, WayBack
from stagecraft.engine.ports import Shield
from stagecraft.errors import InterruptedRunError, PhaseFailedError, StagecraftError
from stagecraft.migrators.rollback import incompatible
from stagecraft.model.holder import Holder
from stagecraft.model.image import Image
from stagecraft.model.phase import Kind
from stagecraft.model.plan import content_digest
from stagecraft.model.release import Release
from stagecraft.model.step import Rollout


@dataclass(frozen=True)
class Run:
    """What a run needs besides its release."""

    where: Where
    here: Opened
    hands: Hands
    shield: Shield
    lock_wait: float

    def __call__(
        self,
        prepare: Callable[[], Release],
        secrets: Callable[[], dict[str, str]],
        settle: Callable[[Release], Release],
        way_back: WayBack,
    ) -> Release:
        """Take the lock, record the release, run it to its end, and let go of the lock.

        `prepare` is called under the lock and may refuse; `secrets` are today's values.

        Raises LockBusyError, PhaseFailedError, InterruptedRunError, StoreError, or what `prepare` raises.
        """
        clock = self.hands.clock
        holder = Holder(actor=actor(self.where), pid=os.getpid(), since=clock.now())
        lock = self.here.store.lock(self.here.environment.name, holder, self.lock_wait)
        # The other way round they end: the store's lock is free, then those of the hosts, and only then
        # the last notices are waited for.
        with telling(self.where, self.here, self.hands) as told, closing(self.hands.engines), lock as session:
            told.dead(session.settled)
            self.hands.inherited = session.descriptors
            here = self.here
            one_project.check(here.store, here.environment.name, here.loaded.project.project)
            self.hands.engines.lock(self._lock_name(), holder)
            release = prepare()
            if release.kind in (Kind.DEPLOY, Kind.ROLLBACK):
                reach = reach_of(self.here, planning.base_of(self.here))
                release = release.model_copy(update={"reach": reach})
            self.hands.serve(release, session.descriptors)
            runner = self.hands.runner(secrets())
            with self.shield():
                created = session.create(release)
            executor = Executor(
                created,
                runner=runner,
                session=session,
                clock=clock,
                observer=told.about(created),
                settle=settle,
                way_back=way_back,
                in_the_way=_in_the_way,
                shield=self.shield,
            )
            try:
                return executor.execute()
            except (PhaseFailedError, InterruptedRunError) as failure:
                _point_on(failure, created)
                raise

    def _lock_name(self) -> str:
        return f"{self.here.loaded.project.project}-{self.here.environment.name}"


def actor(where: Where) -> str:
    """Return who runs this: `STAGECRAFT_ACTOR`, else user@host."""
    if named := where.environ.get("STAGECRAFT_ACTOR"):
        return named
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def back_to(release: Release | None) -> WayBack:
    """Return what brings a host back to `release`, the current one, if that had a text for it."""

    def goal(host: str) -> tuple[Rollout, str] | None:
        steps = [step for step in release.plan.rollouts if step.host == host] if release else []
        if not release or not steps or not release.hosts[host].text:
            return None
        cause = f"back to {release.id}"
        changes = {"text": release.hosts[host].text, "cause": cause, "recreate": (), "canary": None}
        return steps[0].model_copy(update=changes), release.text_of(host)

    return goal


def _in_the_way(release: Release) -> tuple[str, ...]:
    """Return what the release's migrations did that the release before does not run on."""
    return incompatible(release.migrations)


def pinned(release: Release, images: dict[str, Image]) -> Release:
    """Return the release with final texts: every image it built or was given is pinned by digest."""
    if release.settled():
        return release
    planned = {image.pin: image for image in release.plan.given.values()}
    planned |= {reference: images[service] for service, reference in release.plan.builds.items()}
    texts, hosts = {}, {}
    for name, host in release.plan.hosts.items():
        text = pin(release.plan.texts[host.text], planned)
        digest = content_digest(text)
        texts[digest] = text
        hosts[name] = release.hosts[name].model_copy(update={"text": digest})
    return release.with_hosts(hosts).model_copy(update={"images": images, "texts": texts})


def _point_on(failure: StagecraftError, release: Release) -> None:
    """Say where the whole story is, and how to go on."""
    more = f"`stagecraft releases show {release.id}` has it all"
    on = f"`stagecraft deploy --env {release.environment} --resume` goes on from there"
    failure.hint = "; ".join(part for part in (failure.hint, more, on) if part)
