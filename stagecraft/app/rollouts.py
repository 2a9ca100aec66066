"""The rollout of one host: the loop, its brain and its hands put together, with today's values."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from stagecraft.compose import public
from stagecraft.compose.configs import FILES
from stagecraft.compose.ingress import ingress_of
from stagecraft.compose.next_actions import next_actions
from stagecraft.compose.use import Inputs, acted, inputs_of, wanted
from stagecraft.engine.ports import Clock, Observer
from stagecraft.engine.rollout import RolloutLoop
from stagecraft.errors import StepFailedError
from stagecraft.ingress.drivers import DRIVERS
from stagecraft.model.image import RunningImage
from stagecraft.model.observed import Observed, Wanted
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import Pull, Rollout
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.files import materialise
from stagecraft.runtime.ingress import IngressDoor
from stagecraft.runtime.inputs import label
from stagecraft.runtime.redact import Redactor
from stagecraft.runtime.site import ComposeSite, PartialSite
from stagecraft.runtime.streams import shown

_BY_ID = "sha256:"
"""Begins a reference that no registry knows."""


@dataclass(frozen=True)
class Rollouts:
    """Rolls hosts out; callable as `StepRunner.rollout`."""

    engine: Callable[[str], Docker]
    """The engine of a host, by name."""
    clock: Clock
    observer: Observer
    redactor: Redactor
    folder: Path
    """Relative paths of a text start here: the folder of `stagecraft.yml`."""
    files: Path
    """Where files that a text mounts are kept."""
    secrets: Mapping[str, str]
    carry: Callable[[Docker, Mapping[str, str], float], None]
    """Brings images from this machine's engine to another, ID -> name."""
    known: Collection[RunningImage] = ()
    """What the current release ran: nothing has to be asked about it again."""

    def __call__(self, step: Rollout, release: Release, deadline: float) -> HostRecord:
        """Bring one host to its final text. Raises StepFailedError, UnavailableError."""
        text = release.texts.get(step.text) or release.text_of(step.host)
        self._materialise(release)
        values = self.values(release)
        engine = self.engine(step.host)
        door = _door(text, engine)
        site = ComposeSite(engine, step.compose_project, self.folder, "", values, deadline, self.known, door)
        observed = site.observe()
        labels = self._labels(text, values, observed)
        loop = RolloutLoop(
            step.host,
            replace(site, text=acted(text, labels)),
            next_actions,
            self.clock,
            self.observer,
            self._fit,
        )
        goal = wanted(text, labels, step.recreate, step.canary)
        return loop.run(goal, health_timeout=step.health_timeout, deadline=deadline, observed=observed)

    def start(
        self,
        host: str,
        project: str,
        release: Release,
        text: str,
        services: Collection[str],
        *,
        health_timeout: float,
        deadline: float,
    ) -> None:
        """Bring up those of the services that do not run, from `text`; the others are not touched.

        Raises StepFailedError, UnavailableError.
        """
        self._materialise(release)
        self._carry(self.engine(host), release, text, deadline)
        values = self.values(release)
        site = ComposeSite(self.engine(host), project, self.folder, "", values, deadline)
        observed = site.observe()
        running = {one.service for one in observed.containers if one.state == "running"}
        if not (missing := frozenset(services) - running):
            return
        labels = self._labels(text, values, observed)
        wanted_all = wanted(text, labels).services
        goal = Wanted(services=tuple(one for one in wanted_all if one.name in missing))
        partial = PartialSite(
            site.docker, project, self.folder, acted(text, labels), values, deadline, only=missing
        )
        loop = RolloutLoop(host, partial, next_actions, self.clock, self.observer, self._fit)
        loop.run(goal, health_timeout=health_timeout, deadline=deadline)

    def values(self, release: Release) -> dict[str, str]:
        """Return what the texts of a release refer to as `${NAME}`, with today's secrets."""
        return {**release.plan.variables, **self.secrets, FILES: str(self.files)}

    def _materialise(self, release: Release) -> None:
        """Write what the texts mount; what migrations run goes by its checksum and is no file."""
        mounted = {name: data for name, data in release.files.items() if not name.startswith("sha256:")}
        materialise(self.files, mounted)

    def pull(self, step: Pull, release: Release, deadline: float) -> None:
        """Fetch every image of a host that its engine does not have. Raises StepFailedError."""
        try:
            engine, text = self.engine(step.host), release.text_of(step.host)
            self._carry(engine, release, text, deadline)
            for image in engine.images.missing(one for one in _images(text) if not one.startswith(_BY_ID)):
                engine.images.pull(image, deadline)
        except StepFailedError as failure:
            failure.place = failure.place or f"host {step.host}"
            raise

    def _carry(self, engine: Docker, release: Release, text: str, deadline: float) -> None:
        """Bring what is pinned by ID: no registry has it, this machine's engine may."""
        if missing := engine.images.missing(one for one in _images(text) if one.startswith(_BY_ID)):
            names = {image.digest: image.reference for image in release.images.values()}
            self.carry(engine, {image: names.get(image, image) for image in missing}, deadline)

    def _fit(self, line: str) -> str:
        """Return a line as a terminal would show it, secrets masked."""
        return shown(line.encode("utf-8", "surrogateescape"), self.redactor.redact)

    def _labels(self, text: str, values: Mapping[str, str], observed: Observed) -> dict[str, str]:
        """Return `stagecraft.inputs` of every service: the one observed if it still holds."""
        return {
            service: label(
                self._given_to(inputs, values), [one.inputs for one in observed.of(service)], service
            )
            for service, inputs in inputs_of(text).items()
        }

    def _given_to(self, inputs: Inputs, values: Mapping[str, str]) -> dict[str, bytes]:
        if missing := sorted(inputs.names - values.keys()):
            raise StepFailedError(
                f"`{missing[0]}` has no value today", hint="declare it under `secrets` in `stagecraft.yml`"
            )
        given = {f"name:{name}": values[name].encode() for name in inputs.names}
        for file in inputs.env_files:
            path = self.folder / file.path
            if file.required or path.exists():
                given[f"env_file:{file.path}"] = _read(path)
        for name in inputs.secret_files:
            given[f"secret:{name}"] = _read(self.folder / name)
        return given


def _door(text: str, engine: Docker) -> IngressDoor | None:
    """Return the way to the proxies of a text, if it has any."""
    ingress = ingress_of(text)
    return IngressDoor(ingress, DRIVERS[ingress.driver], engine) if ingress else None


def _images(text: str) -> set[str]:
    return set(public.images(text).values())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StepFailedError(
            f"`{path.name}` cannot be read: {error.strerror}", hint="it is read at the moment of use"
        ) from error
