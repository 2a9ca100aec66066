"""Docker, for what is asked once: the engine, images, ports, projects, logs.

What changes the engine, has to end in time, or lists many things goes through the one door to programs
(`runtime/process.py`): it inherits the lock and can be cancelled. python-on-whales reads single objects; it
is imported on first use, and started with the same explicit environment (spec/rollout.md).
"""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from stagecraft.errors import StepFailedError, UnavailableError
from stagecraft.runtime import engine_info, ports
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.engine_api import Reply
from stagecraft.runtime.engine_info import EngineInfo, info_of, time_of
from stagecraft.runtime.process import ProcessTimeoutError
from stagecraft.runtime.runs import Finished, Runs

if TYPE_CHECKING:
    from python_on_whales import DockerClient

_PATIENCE = 30.0
"""Seconds an engine may take to answer a question."""
_REGISTRY_SECONDS = 10.0
"""How long it may take if it asks a registry itself."""
_NO_LOGIN = "no basic auth credentials"
"""What the engine says of a registry that answered, and wants to know who asks (distribution, `auth`)."""


@dataclass(frozen=True)
class ImageInfo:
    """One image on the engine."""

    id: str
    repo_digests: tuple[str, ...]
    os: str
    architecture: str


class Docker:
    """One engine."""

    def __init__(
        self,
        access: EngineAccess,
        processes: Runs,
        monotonic: Callable[[], float] = time.monotonic,
        compose: Sequence[str] = ("docker", "compose"),
    ) -> None:
        """`monotonic` is the scale of every deadline; `compose` is what stands for `docker compose`."""
        self.access = access
        self.socket = access.socket()
        """Where the engine can be asked without a `docker` in between; None if that is nowhere."""
        self.compose = tuple(compose)
        self._processes = processes
        self._monotonic = monotonic
        self._seen: tuple[datetime, float] | None = None

    def run(
        self,
        arguments: Sequence[str],
        *,
        deadline: float | None = None,
        values: Mapping[str, str] | None = None,
        cwd: Path = Path("/"),
        stdin: str | None = None,
        source: str = "",
    ) -> Finished:
        """Run `docker` to its end, whatever its exit code; `values` reach its environment and nothing else.

        `deadline` is on the monotonic scale. Without one it is a question, and an engine that does not answer
        within half a minute is unavailable.

        Raises UnavailableError, or ProcessTimeoutError at a `deadline`.
        """
        try:
            return self._processes.run(
                (*self.compose, *arguments[1:]) if arguments[0] == "compose" else ("docker", *arguments),
                env=self.access.environment(values),
                cwd=cwd,
                stdin=stdin,
                deadline=self._monotonic() + _PATIENCE if deadline is None else deadline,
                source=source,
            )
        except ProcessTimeoutError:
            if deadline is not None:
                raise
            raise UnavailableError(
                f"`docker {arguments[0]}` had no answer within {_PATIENCE:.0f} seconds",
                hint=f"is the engine at {self._address()} stuck? `docker ps` may show on what",
            ) from None

    def ask(self, *paths: str, deadline: float | None = None) -> Sequence[Reply]:
        """GET paths from the engine at its `socket`, all at once; return the replies in that order.

        Raises UnavailableError, or ProcessTimeoutError at a `deadline`, which is as in `run`.
        """
        if not paths:
            return ()
        by = self._monotonic() + _PATIENCE if deadline is None else deadline
        try:
            return self._processes.ask(self.socket or Path(), paths, deadline=by)
        except OSError:
            raise self._silent() from None
        except ProcessTimeoutError:
            if deadline is not None:
                raise
            raise self._silent() from None

    def now(self) -> float:
        """Return seconds on the scale of every deadline."""
        return self._monotonic()

    def info(self) -> EngineInfo:
        """Ask the engine who it is, and what time it has.

        Raises UnavailableError if there is no client, no engine, or no answer.
        """
        if shutil.which("docker", path=self.access.variables["PATH"]) is None:
            raise UnavailableError(
                "`docker` is not installed here", hint="install it: https://docs.docker.com/engine/install/"
            )
        found = self._info()
        self._seen = time_of(found), self._monotonic()
        return info_of(found)

    def _info(self) -> Mapping[str, Any]:
        if self.socket:
            (reply,) = self.ask(engine_info.PATH)
            if reply.status == 200:
                return cast("Mapping[str, Any]", reply.content)
            raise self._silent()
        try:
            finished = self.run(("info", engine_info.FORMAT))
        except UnavailableError:
            raise self._silent() from None
        if finished.code != 0:
            raise self._silent()
        return engine_info.parse(finished.stdout)

    def time(self) -> datetime:
        """Return the engine's time, UTC. Raises UnavailableError."""
        if self._seen is None:
            self.info()
        then, at = self._seen or (datetime.min.replace(tzinfo=UTC), 0.0)
        return then + timedelta(seconds=self._monotonic() - at)

    def image(self, reference: str) -> ImageInfo | None:
        """Return an image that is on the engine, or None. Raises UnavailableError."""
        from python_on_whales.exceptions import DockerException  # noqa: PLC0415

        try:
            found = self._whales.image.inspect(reference)
            return ImageInfo(found.id, tuple(found.repo_digests), found.os, found.architecture)
        except DockerException:
            self.info()
            return None

    def missing(self, references: Iterable[str]) -> tuple[str, ...]:
        """Return which images are not on the engine, sorted. Raises UnavailableError."""
        wanted = sorted(references)
        if self.socket:
            replies = self.ask(*map(_image_path, wanted))
            return tuple(one for one, reply in zip(wanted, replies, strict=True) if reply.status != 200)
        if not wanted or self.run(("image", "inspect", "--format={{.Id}}", *wanted)).code == 0:
            return ()
        if len(wanted) == 1:
            return tuple(wanted)
        return tuple(reference for reference in wanted if self.image(reference) is None)

    def pull(self, reference: str, deadline: float) -> None:
        """Fetch an image. Raises StepFailedError with the last lines."""
        finished = self.run(("pull", "--quiet", reference), deadline=deadline, source="pull")
        if finished.code != 0:
            raise StepFailedError(
                f"`{reference}` cannot be pulled",
                hint="is it in its registry, and does the registry answer from that host?",
                log=tuple(finished.tail),
            )

    def registry_answers(self, reference: str) -> bool:
        """Return whether the registry of an image answers the engine, whatever it says of the image.

        The engine itself asks: 500 if the registry does not answer, 200, 401, 403 or 404 if it does. One that
        wants a login is 500 too, and only the text tells it from silence (tests/e2e/test_host_login.py).
        """
        try:
            (reply,) = self.ask(
                f"/distribution/{reference}/json", deadline=self._monotonic() + _REGISTRY_SECONDS
            )
        except (UnavailableError, ProcessTimeoutError):
            return False
        return reply.status != 500 or _NO_LOGIN in reply.message

    def tags(self, repository: str) -> tuple[str, ...]:
        """Return every `repository:tag` of one repository on the engine, sorted."""
        listed = self.run(("image", "ls", "--format={{.Repository}}:{{.Tag}}", repository))
        return tuple(sorted(tag for tag in listed.stdout.split() if not tag.endswith(":<none>")))

    def digests(self, images: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return, by image ID, what registries call the images; one that is gone is left out."""
        if not (wanted := sorted(images)):
            return {}
        if self.socket:
            found = [reply.content for reply in self.ask(*map(_image_path, wanted)) if reply.status == 200]
            return {each["Id"]: tuple(each["RepoDigests"] or ()) for each in found}
        template = '--format={"id":{{json .Id}},"digests":{{json .RepoDigests}}}'
        lines = self.run(("image", "inspect", template, *wanted)).stdout.splitlines()
        described = [json.loads(line) for line in lines if line]
        return {each["id"]: tuple(each["digests"] or ()) for each in described}

    def remove_image(self, reference: str) -> bool:
        """Remove a tag, and the image if nothing else names it. Return whether it could be done."""
        return self.run(("image", "rm", reference)).code == 0

    def published_ports(self) -> tuple[ports.PublishedPort, ...]:
        """Return every host port that a running container publishes, sorted."""
        if self.socket:
            (reply,) = self.ask(ports.PATH)
            return ports.published(reply.content)
        return ports.parse(self.run(ports.LISTING).stdout)

    def projects(self) -> tuple[str, ...]:
        """Return the names of the Compose projects that have a container running, sorted."""
        listed = self.run(("ps", '--format={{.Label "com.docker.compose.project"}}'))
        return tuple(sorted({name for name in listed.stdout.split("\n") if name}))

    def logs(self, container: str, lines: int, *, deadline: float | None = None) -> tuple[str, ...]:
        """Return the last lines a container wrote, as they are; none if that cannot be had.

        The two streams arrive apart: the engine's time stamps say what came first.
        """
        said = self.run(("logs", "--timestamps", f"--tail={lines}", container), deadline=deadline)
        if said.code != 0:
            return ()
        stamped = [line for stream in (said.stdout, said.stderr) for line in stream.split("\n") if line]
        stamped.sort(key=lambda line: line.partition(" ")[0])
        return tuple(line.partition(" ")[2] for line in stamped[-lines:])

    def _silent(self) -> UnavailableError:
        return UnavailableError(
            f"the Docker engine at {self._address()} does not answer",
            hint="is it running, and may you use it? `docker info` says more",
        )

    def _address(self) -> str:
        named = self.access.variables.get("DOCKER_HOST") or self.access.variables.get("DOCKER_CONTEXT")
        return f"`{named}`" if named else "its usual address"

    @cached_property
    def _whales(self) -> "DockerClient":
        """The client, started through `env -i`: it would merge this process's whole environment otherwise."""
        from python_on_whales import DockerClient  # noqa: PLC0415

        explicit = (f"{name}={value}" for name, value in self.access.environment().items())
        return DockerClient(client_call=["env", "-i", *explicit, "docker"])


def _image_path(reference: str) -> str:
    """Return where the engine's API describes an image."""
    return f"/images/{quote(reference, safe='/:@')}/json"
