"""The names of releases, from the names of files: no record is read, so that completion is instant."""

import re
from pathlib import Path

_RECORD = re.compile(r"(\d{6,})\.json")


def ids(root: Path, environment: str | None = None) -> list[str]:
    """Return the ids of the releases in the store at `root`, newest first within each environment.

    Raises OSError.
    """
    if not root.is_dir():
        return []
    folders = sorted(folder for folder in root.iterdir() if (folder / "releases").is_dir())
    return [
        f"{folder.name}-{number}"
        for folder in folders
        if environment in (None, folder.name)
        for number in sorted(_numbers(folder / "releases"), reverse=True)
    ]


def _numbers(folder: Path) -> list[int]:
    matches = (_RECORD.fullmatch(entry.name) for entry in folder.iterdir())
    return [int(match[1]) for match in matches if match]
