"""The public address of a Git remote: nothing personal, and the same for every way of cloning it."""

import re
from urllib.parse import urlsplit

_SCP = re.compile(r"(?:[^@/:]+@)?([A-Za-z0-9.-]+):(?![:/]{2}|:)(.+)")
"""`user@host:path` (git-clone, "GIT URLS"); `transport::address` is something else."""


def source_url(remote: str) -> str | None:
    """Return `https://host/path` without user, password, query and `.git`; None for a local path."""
    if "://" not in remote:
        found = _SCP.fullmatch(remote)
        return _joined(found[1], found[2]) if found and "/" not in found[1] else None
    try:
        parts = urlsplit(remote)
        port = parts.port if parts.scheme in ("http", "https") else None
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "ssh", "git", "git+ssh", "ssh+git") or not parts.hostname:
        return None
    return _joined(f"{parts.hostname}:{port}" if port and port != 443 else parts.hostname, parts.path)


def _joined(host: str, path: str) -> str | None:
    path = path.strip("/").removesuffix(".git").rstrip("/")
    return f"https://{host.lower()}/{path}" if path and path.isprintable() else None
