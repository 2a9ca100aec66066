"""Files that a text mounts: content-addressed copies beside the records (spec/compose.md, Rendering)."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path

EXECUTABLE = ".exec"


def materialise(folder: Path, files: Mapping[str, str]) -> None:
    """Write each file (name -> base64) that is not there yet; its name says its content."""
    if not files:
        return
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name, encoded in files.items():
        path = folder / name
        if path.exists():
            continue
        fresh = folder / f".{name}.{os.getpid()}"
        with fresh.open("wb") as stream:
            stream.write(base64.b64decode(encoded))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.chmod(0o555 if name.endswith(EXECUTABLE) else 0o444)
        fresh.replace(path)
