"""A client for tests to kill: opens a session, takes its lock, leaves a Docker command behind, and waits."""

import os
import subprocess
import sys
import time

from stagecraft.runtime.ssh import begin_session
from stagecraft.runtime.ssh_command import Target


def main(ssh: str, lock: str) -> None:
    """Print the ID of the Docker command and the engine's address, once everything is held."""
    session = begin_session(Target("host", ssh), environment=os.environ).wait()
    session.lock(lock, "{}")
    leftover = subprocess.Popen(
        ("docker", "--host", session.docker_host, "events"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    print(leftover.pid, session.docker_host, flush=True)  # noqa: T201 - for the test that reads it
    time.sleep(120)


if __name__ == "__main__":
    main(*sys.argv[1:])
