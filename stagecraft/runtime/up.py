"""The one `docker compose` command that changes anything (spec/rollout.md, "Acting")."""

import os
from collections.abc import Sequence
from pathlib import Path


def up_command(project: str, directory: Path, services: Sequence[str], *, force: bool) -> tuple[str, ...]:
    """Return the arguments of `docker` that bring `services` to the text on stdin.

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
        *services,
    )
