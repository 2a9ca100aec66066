"""One engine: commands and questions to it, and what is asked once, as who it is, ports and logs.

Everything goes through the one door (`runtime/process.py`): it inherits the lock and can be cancelled.
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from stagecraft.errors import UnavailableError
from stagecraft.runtime import engine_info, ports
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.engine_api import Reply
from stagecraft.runtime.engine_images import EngineImages
from stagecraft.runtime.engine_info import EngineInfo, info_of, time_of
from stagecraft.runtime.process import ProcessTimeoutError
from stagecraft.runtime.runs import Finished, Runs

_PATIENCE = 30.0
"""Seconds an engine may take to answer a question."""


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

    @cached_property
    def images(self) -> EngineImages:
        """The images of this engine."""
        return EngineImages(self)

    def published_ports(self) -> tuple[ports.PublishedPort, ...]:
        """Return every host port that a running container publishes, sorted."""
        if self.socket:
            (reply,) = self.ask(ports.PATH)
            return ports.published(reply.content)
        return ports.parse(self.run(ports.LISTING).stdout)

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
