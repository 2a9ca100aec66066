"""Writing a file the user asked for: whole or not at all."""

import os
import tempfile
from pathlib import Path

from stagecraft.errors import ConfigError


def save(path: Path, text: str) -> None:
    """Replace the file at `path` by `text`, UTF-8; a pipe or device is written to.

    Raises ConfigError if that is not possible.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
        else:
            _replace(path, text)
    except OSError as error:
        raise ConfigError(
            f"cannot write `{path.name}`: {error.strerror}",
            hint="name a file in a folder you may write to: `--out FILE`",
        ) from error


def _replace(path: Path, text: str) -> None:
    """Write beside the file, then rename: a reader sees the old text or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
