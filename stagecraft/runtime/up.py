"""The one `docker compose` command that changes anything (spec/rollout.md, "Acting")."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path


def up_command(
    project: str,
    directory: Path,
    services: Sequence[str],
    *,
    force: bool = False,
    totals: Mapping[str, int] | None = None,
) -> tuple[str, ...]:
    """Return the arguments of `docker` that bring `services` to the text on stdin.

    With `totals` new containers are started beside those there are, which stay as they are, until each
    service has so many in all (never fewer than there are: Compose would remove the new ones).

    Neither `--wait` (it accepts a crash loop), nor `-y` (it may destroy data), nor `--remove-orphans`; and no
    `.env` file, of which Compose would read the one in the project's folder.
    """
    return (
        "compose",
        "--progress=plain",
        "--ansi=never",
        f"--project-name={project}",
        f"--project-directory={directory}",
        f"--env-file={os.devnull}",
        "--file=-",
        "up",
        "--detach",
        "--no-deps",
        "--no-build",
        "--quiet-pull",
        *(["--force-recreate"] if force else []),
        *(["--no-recreate"] if totals else []),
        *(f"--scale={service}={total}" for service, total in (totals or {}).items()),
        *services,
    )
