"""`registry: local`: a registry on this machine, as long as the run (spec/hosts.md, Without a registry)."""

import json
import os
import secrets
import select
import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stagecraft.errors import UnavailableError
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.registry import registry_problem
from stagecraft.runtime.ssh_errors import last_words
from stagecraft.runtime.ssh_folder import private_folder
from stagecraft.runtime.ssh_guard import Guarded

PROGRAM = "docker-registry"
IMAGE = "registry"
CARRIED = (
    f"neither the program `{PROGRAM}` nor an image `{IMAGE}` is here: images go to the hosts whole, with "
    "`docker save | docker load`"
)
_LOOPBACK = "127.0.0.1"
_INSIDE = 5000
_FREE_SECONDS = 3.0
"""How long the port of a run that has just ended is waited for."""
_START_SECONDS = 20.0
_POLL = 0.02
_IN_CONTAINER = f"{IMAGE} serve /stagecraft.json & cat >/dev/null; kill $!"
"""A killed client of the engine leaves a container running, but ends its standard input."""


@dataclass(frozen=True)
class _Way:
    """What serves: the program, or a container of the image."""

    image: str = ""

    def __str__(self) -> str:
        return f"image `{self.image}`" if self.image else f"`{PROGRAM}`"


class LocalRegistry:
    """The registry of one project on one port; `data` outlives the run."""

    def __init__(self, port: int, data: Path, docker: Docker, environ: Mapping[str, str]) -> None:
        """`docker` is this machine's engine, `environ` the user's own."""
        self.port = port
        self._data = data
        self._docker = docker
        self._environ = environ
        self._process: Guarded | None = None

    @cached_property
    def way(self) -> str:
        """Return what serves, in words; empty if nothing here can."""
        return str(self._way) if self._way else ""

    @cached_property
    def _way(self) -> _Way | None:
        if shutil.which(PROGRAM, path=self._environ.get("PATH", os.defpath)):
            return _Way()
        tags = self._docker.images.tags(IMAGE)
        return _Way(image=tags[-1]) if tags else None

    def has(self, image: str) -> bool:
        """Return whether `repository@sha256:...` of an earlier run is kept (distribution, storage layout)."""
        name, _, digest = image.partition("@")
        repository = name.partition("/")[2].partition(":")[0]
        kept = self._data / "docker/registry/v2/repositories" / repository / "_manifests/revisions"
        return (kept / digest.replace(":", "/") / "link").is_file()

    def problem(self) -> str:
        """Return why it cannot be served at the moment, or an empty string."""
        return "" if not self.way or _is_free(self.port) else f"port {self.port} of this machine is taken"

    def start(self, descriptors: Sequence[int]) -> None:
        """Serve until `close`, or until the run ends in whatever way. Raises UnavailableError.

        `descriptors` stay open as long as it serves: the store's lock.
        """
        if self._way is None or self._process:
            return
        end = time.monotonic() + _FREE_SECONDS
        while problem := self.problem():
            if time.monotonic() > end:
                raise UnavailableError(
                    problem,
                    hint="does another run serve its images there? wait, or set `registry: {local: PORT}`",
                )
            time.sleep(_POLL)
        self._data.mkdir(parents=True, exist_ok=True)
        folder = private_folder(self._environ)
        (folder / "registry.json").write_text(self._configuration(self._way), encoding="utf-8")
        self._process = Guarded(
            self._command(self._way, folder / "registry.json"),
            environment=self._docker.access.environment(),
            folder=folder,
            descriptors=descriptors,
        )
        self._wait(self._process)

    def close(self) -> None:
        """End it. Idempotent."""
        process, self._process = self._process, None
        if process:
            process.end()
            process.release()

    def _wait(self, process: Guarded) -> None:
        end = time.monotonic() + _START_SECONDS
        while registry_problem(f"{_LOOPBACK}:{self.port}"):
            if time.monotonic() > end or select.select([process.output], [], [], _POLL)[0]:
                said = last_words(process.log().splitlines())
                self.close()
                raise UnavailableError(
                    f"the registry of the run ({self.way}) does not start" + (f": `{said}`" if said else ""),
                    hint="without program and image, `docker save | docker load` takes its place",
                )

    def _configuration(self, way: _Way) -> str:
        address, data = (f":{_INSIDE}", "/data") if way.image else (f"{_LOOPBACK}:{self.port}", self._data)
        return json.dumps(
            {
                "version": 0.1,
                "log": {"level": "warn", "accesslog": {"disabled": True}},
                "storage": {"filesystem": {"rootdirectory": str(data)}, "delete": {"enabled": True}},
                "http": {"addr": address, "secret": secrets.token_hex(16)},
            }
        )

    def _command(self, way: _Way, configuration: Path) -> tuple[str, ...]:
        if not way.image:
            return (PROGRAM, "serve", str(configuration))
        return (
            *("docker", "run", "--rm", "--interactive", "--pull=never", "--entrypoint=sh"),
            f"--user={os.getuid()}:{os.getgid()}",
            f"--publish={_LOOPBACK}:{self.port}:{_INSIDE}",
            f"--volume={self._data}:/data",
            f"--volume={configuration}:/stagecraft.json:ro",
            *(way.image, "-c", _IN_CONTAINER),
        )


def _is_free(port: int) -> bool:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True
