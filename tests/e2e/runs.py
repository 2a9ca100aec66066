"""A run of the command line that a test watches, signals or kills while it goes on."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.machine import Shop

PATIENCE = 180.0
"""Seconds a test waits for anything."""


class Process(NamedTuple):
    """One process, told apart from a later one with the same number."""

    pid: int
    started: str


@dataclass(frozen=True)
class Going:
    """A deploy under way, started in a session of its own; its events are read as they come."""

    program: "subprocess.Popen[str]"
    events: list[dict[str, Any]]

    def wait_for(self, seen: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until an event is seen that fits; the run must not end before."""
        until = time.monotonic() + PATIENCE
        while not any(seen(event) for event in list(self.events)):
            assert self.program.poll() is None, f"ended early: {self.events[-3:]}"
            assert time.monotonic() < until, f"never came: {self.events[-3:]}"
            time.sleep(0.02)

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        return self.program.wait(PATIENCE)


@contextmanager
def going(project: Shop, *command: str) -> Iterator[Going]:
    """Start `stagecraft ... --format json`; if it still runs afterwards, it is ended with all it started."""
    program = subprocess.Popen(
        [sys.executable, "-m", "stagecraft", *command, "--format", "json"],
        cwd=project.root,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    events: list[dict[str, Any]] = []
    reader = threading.Thread(target=_read, args=(program, events))
    reader.start()
    try:
        yield Going(program, events)
    finally:
        if program.poll() is None:
            kill_tree(program.pid)
            program.wait(PATIENCE)
        reader.join(PATIENCE)
        if program.stdout:
            program.stdout.close()


def _read(program: "subprocess.Popen[str]", events: list[dict[str, Any]]) -> None:
    events.extend(json.loads(line) for line in program.stdout or ())


def runs_phase(name: str) -> Callable[[dict[str, Any]], bool]:
    """Return what recognises the beginning of a phase."""
    return lambda event: (
        (event["event"], event.get("phase"), event.get("status")) == ("phase", name, "running")
    )


def runs_command(words: str) -> Callable[[dict[str, Any]], bool]:
    """Return what recognises a command that was started."""
    return lambda event: event["event"] == "command" and words in event["line"]


def writes(words: str) -> Callable[[dict[str, Any]], bool]:
    """Return what recognises a line of a program that was started."""
    return lambda event: event["event"] == "output" and words in event["line"]


def descendants(pid: int) -> set[Process]:
    """Return every process below `pid`; one whose parent has gone is not found."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (found := _stat(int(folder.name))):
            parents[found[0]] = found[1]
    family = {pid}
    while more := {one.pid for one, parent in parents.items() if parent in family} - family:
        family |= more
    return {one for one in parents if one.pid in family - {pid}}


def still_there(processes: set[Process]) -> set[Process]:
    """Return the processes that run on; zombies do not."""
    return {one for one in processes if (found := _stat(one.pid)) and found[0] == one}


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and everything it has started, as when the power of a container goes."""
    family = descendants(pid)
    for number in (pid, *(one.pid for one in family)):
        try:
            os.kill(number, 9)
        except ProcessLookupError:
            continue


def _stat(pid: int) -> tuple[Process, int] | None:
    """Return a living process and its parent (proc(5): after the name come state and parent; start time)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (Process(pid, fields[19]), int(fields[1]))
