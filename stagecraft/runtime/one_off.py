"""One-off containers: `docker compose run`, to the end, on one engine (spec/migrations.md)."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stagecraft.errors import StepFailedError
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.runs import Finished

MIGRATION = "stagecraft.migration"
RELEASE = "stagecraft.release"


@dataclass(frozen=True)
class OneOff:
    """Runs commands in containers of one service."""

    docker: Docker
    project: str
    directory: Path
    """The folder that relative paths of the text start from."""
    text: str
    """What `compose.one_off` made."""
    values: Mapping[str, str]
    """What the text refers to as `${NAME}`; reaches Compose through its environment only."""
    service: str
    labels: Mapping[str, str]

    def run(self, words: Sequence[str], *, name: str, deadline: float, source: str) -> Finished:
        """Run one command and return it, whatever its exit code; the container is gone afterwards.

        Its output is streamed as events. Raises StepFailedError if it does not end in time.
        """
        try:
            return self.docker.run(
                (*self._compose(), "run", *self._options(name), self.service, *words),
                values=self.values,
                cwd=self.directory,
                stdin=self.text,
                deadline=deadline,
                source=source,
            )
        except StepFailedError:
            self._end(name)
            raise

    def running(self) -> tuple[str, ...]:
        """Return the names of containers of this migration that run, whoever started them."""
        labels = (f"com.docker.compose.project={self.project}", f"{MIGRATION}={self.labels[MIGRATION]}")
        filters = [f"--filter=label={label}" for label in labels]
        listed = self.docker.run(("ps", "--format={{.Names}}", *filters))
        return tuple(sorted(listed.stdout.split()))

    def _compose(self) -> tuple[str, ...]:
        return (
            "compose",
            "--progress=plain",
            "--ansi=never",
            f"--project-name={self.project}",
            f"--project-directory={self.directory}",
            f"--env-file={os.devnull}",
            "--file=-",
        )

    def _options(self, name: str) -> tuple[str, ...]:
        labels = [f"--label={key}={value}" for key, value in sorted(self.labels.items())]
        return (
            "--no-deps",
            "--rm",
            "--no-TTY",
            "--interactive=false",
            "--quiet-pull",
            f"--name={name}",
            *labels,
        )

    def _end(self, name: str) -> None:
        """End a container whose client has gone; if the run is over, nothing can be started any more."""
        try:
            self.docker.run(("rm", "--force", name))
        except StepFailedError:
            return


def address(docker: Docker, project: str, service: str) -> str:
    """Return the IP address of a running container of a service, as its host sees it; empty if none."""
    labels = (f"com.docker.compose.project={project}", f"com.docker.compose.service={service}")
    filters = [f"--filter=label={label}" for label in (*labels, "com.docker.compose.oneoff=False")]
    found = docker.run(("ps", "--quiet", "--no-trunc", *filters)).stdout.split()
    if not found:
        return ""
    template = "--format={{json .NetworkSettings.Networks}}"
    printed = docker.run(("inspect", "--type=container", template, *sorted(found)))
    networks = [json.loads(line) for line in printed.stdout.splitlines() if line]
    addresses = [one["IPAddress"] for each in networks for _, one in sorted((each or {}).items())]
    return next((one for one in addresses if one), "")
