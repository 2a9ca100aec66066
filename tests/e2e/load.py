"""`wrk` against a proxy while something else goes on: what was answered, and what was not."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.machine import ROOT, base_environment

FOLDER = ROOT / "testdata/load"
CONNECTIONS = 64
HOGS = int(os.environ.get("STAGECRAFT_HOGS", "0"))
"""How many programs do nothing but take processor time meanwhile (`scripts/torture load`)."""
PATIENCE = 10
"""Seconds a request may take before `wrk` counts it as timed out."""

_COUNTS = {
    "requests": re.compile(r"(\d+) requests in"),
    "non_2xx": re.compile(r"Non-2xx or 3xx responses: (\d+)"),
    "connect": re.compile(r"Socket errors: connect (\d+)"),
    "read": re.compile(r"Socket errors:.* read (\d+)"),
    "write": re.compile(r"Socket errors:.* write (\d+)"),
    "timeout": re.compile(r"Socket errors:.* timeout (\d+)"),
}


@dataclass(frozen=True)
class Answers:
    """What `wrk` counted in one run."""

    requests: int
    non_2xx: int = 0
    connect: int = 0
    read: int = 0
    write: int = 0
    timeout: int = 0

    @property
    def broken(self) -> int:
        """Connections that did not come about, or ended, and requests without an answer."""
        return self.connect + self.read + self.write + self.timeout

    @property
    def failed(self) -> int:
        """Requests that did not get what they came for."""
        return self.non_2xx + self.broken

    def __str__(self) -> str:
        """One line for people."""
        errors = f"connect {self.connect}, read {self.read}, write {self.write}, timeout {self.timeout}"
        return f"{self.requests} requests, {self.non_2xx} non-2xx, socket errors: {errors}"


def answers(report: str) -> Answers:
    """Read the report of `wrk`; what it does not mention did not happen."""
    found = {name: pattern.search(report) for name, pattern in _COUNTS.items()}
    assert found["requests"], f"no report of wrk: {report}"
    return Answers(**{name: int(match[1]) for name, match in found.items() if match})


@dataclass
class Load:
    """Requests to some sites at once, GET and POST in turn, on 64 kept connections each; see `under_load`."""

    port: int
    sites: Mapping[str, int]
    """Site -> milliseconds that a connection rests after an answer, at most."""
    answers: dict[str, Answers] = field(default_factory=dict)
    """Site -> what was counted; there once the load has ended."""

    def start(self) -> "dict[str, subprocess.Popen[str]]":
        """Start one `wrk` a site, with the lowest priority: what is measured goes first."""
        return {
            site: subprocess.Popen(
                [
                    *("nice", "-n", "19", "wrk", "--threads", "2", "--connections", str(CONNECTIONS)),
                    *("--duration", "1h", "--timeout", f"{PATIENCE}s", "--header", f"Host: {site}"),
                    *(
                        "--script",
                        str(FOLDER / "requests.lua"),
                        f"http://127.0.0.1:{self.port}/",
                        "--",
                        str(rest),
                    ),
                ],
                env=base_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for site, rest in self.sites.items()
        }

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return sum(one.failed for one in self.answers.values())

    def lines(self, title: str) -> str:
        """What was counted, for people."""
        return "\n".join(f"{title}, {site}: {counted}" for site, counted in self.answers.items())


@contextmanager
def under_load(port: int, sites: Mapping[str, int]) -> Iterator[Load]:
    """Send requests for as long as the block lasts; then its `answers` are there."""
    load = Load(port, sites)
    running = load.start()
    hogs = [subprocess.Popen((sys.executable, "-c", "while True: pass"), text=True) for _ in range(HOGS)]
    try:
        yield load
        for program in running.values():
            assert program.poll() is None, f"wrk ended early: {program.communicate()[0]}"
            program.send_signal(signal.SIGINT)
        load.answers = {
            site: answers(program.communicate(timeout=60)[0]) for site, program in running.items()
        }
    finally:
        for program in (*running.values(), *hogs):
            program.kill()
            program.communicate()
