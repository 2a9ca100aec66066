"""A deploy reduced to its store writes, for the proofs: `deploy.py ROOT [PAUSE]`.

Prints `ack NUMBER REVISION` once an update is acknowledged. Ends with the exit code of the error, as the
command would; anything but a StagecraftError is a traceback and exit code 1.
"""

import os
import sys
import time
from pathlib import Path

from stagecraft.errors import StagecraftError
from stagecraft.store import taking as _loaded_before_the_first_write  # noqa: F401
from stagecraft.store.file import FileStore
from tests.fakes import FakeClock
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, transitions


def main(root: Path, pause: float) -> int:
    store = FileStore(root, FakeClock())
    holder = HOLDER.model_copy(update={"pid": os.getpid()})
    say("begin")
    try:
        with store.lock(ENVIRONMENT, holder) as session:
            release = session.create(FRESH)
            say(f"ack {release.number} 1")
            for revision, update in enumerate(transitions(release), start=2):
                time.sleep(pause)
                session.update(update)
                say(f"ack {release.number} {revision}")
    except StagecraftError as error:
        say(str(error), to=2)
        return error.exit_code
    return 0


def say(line: str, to: int = 1) -> None:
    """Print with a system call that the store does not use, so that proofs can tell the two apart."""
    os.writev(to, [line.encode() + b"\n"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]) if sys.argv[2:] else 0))
