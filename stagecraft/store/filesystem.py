"""Which file system a folder is on: the promises rest on the kernel of this machine, not on a server."""

import os
import sys
from pathlib import Path

NETWORK = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "afpfs",
        "9p",
        "ceph",
        "glusterfs",
        "lustre",
        "webdav",
        "coda",
    }
    | {
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.ceph",
        "fuse.s3fs",
        "fuse.rclone",
        "davfs",
        "fuse.davfs2",
        "ncpfs",
    }
)
"""Names of file systems whose files live on another machine: mountinfo(5), and mount(8) of macOS."""


def type_of(folder: Path) -> str:
    """Return the type of the file system of an existing folder; empty if it cannot be told."""
    if sys.platform == "darwin":
        return _type_on_macos(folder)
    try:
        return type_in(Path("/proc/self/mountinfo").read_text(), folder.stat().st_dev)
    except OSError:
        return ""


def type_in(mountinfo: str, device: int) -> str:
    """Find a device in the text of mountinfo(5) (proc(5): fields around the single `-`)."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if before.split()[2:3] == [wanted]:
            return after.split()[0]
    return ""


def _type_on_macos(folder: Path) -> str:
    """Return `f_fstypename` of statfs(2): 16 bytes at offset 72 of the 64-bit structure."""
    import ctypes  # noqa: PLC0415 - only there

    buffer = ctypes.create_string_buffer(4096)
    if ctypes.CDLL(None).statfs(os.fsencode(folder), buffer) != 0:
        return ""
    return buffer.raw[72:88].split(b"\0")[0].decode("ascii", "replace")
