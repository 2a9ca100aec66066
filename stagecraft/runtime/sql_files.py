"""Read a folder of .sql files."""

from collections.abc import Iterator
from pathlib import Path

from stagecraft.errors import ConfigError

LARGEST = 16 * 1024 * 1024
"""Bytes; a file that is larger is data, and belongs elsewhere."""


def read(folder: Path, shown: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each .sql file in the folder, in name order; `shown` is its name in messages.

    Raises ConfigError: no folder, not UTF-8, too large, not readable.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".sql" and path.is_file())
    except OSError as error:
        raise ConfigError(f"`{shown}` is no folder of SQL files: {error.strerror}") from None
    for path in paths:
        yield path.name, _text(path, f"{shown}/{path.name}")


def _text(path: Path, place: str) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", place=place) from None
    if len(content) > LARGEST:
        raise ConfigError("is larger than 16 MiB", place=place)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not UTF-8", place=f"{place}:{line}") from None
