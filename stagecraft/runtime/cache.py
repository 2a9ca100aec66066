"""Where things are kept that can be made again (XDG Base Directory Specification)."""

from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder, which may not be there yet."""
    named = environ.get("XDG_CACHE_HOME", "")
    base = Path(named) if named.startswith("/") else Path(environ.get("HOME") or "/", ".cache")
    return base / "stagecraft"
