"""The private folder of a session's socket."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from stagecraft.errors import UnavailableError

LIMIT = 100
"""Characters a socket's path stays under: the kernels allow 103 (macOS) and 107 (Linux)."""

CONTROL = "c"
"""Name of the socket over which a session can be asked for more."""

_LONGEST = f"sc-12345678/{CONTROL}.0123456789abcdef"
"""OpenSSH makes that socket under a longer name first (`muxserver_listen`)."""


def private_folder(environment: Mapping[str, str]) -> Path:
    """Make a folder of mode 0700 in the first place where a socket's path is short enough.

    Raises UnavailableError if there is no such place.
    """
    for place in (environment.get("XDG_RUNTIME_DIR"), environment.get("TMPDIR"), "/tmp"):  # noqa: S108 - 0700
        if place and len(f"{place}/{_LONGEST}") < LIMIT:
            try:
                return Path(tempfile.mkdtemp(prefix="sc-", dir=place))
            except OSError:
                continue
    raise UnavailableError("no place for a private folder", hint="make /tmp writable, or set XDG_RUNTIME_DIR")
