"""T7: eight deployers that are killed at random moments, beside a reader that never stops."""

import random
import subprocess
import threading
import time
from pathlib import Path

from stagecraft.errors import StagecraftError
from stagecraft.model.phase import ReleaseStatus
from stagecraft.store.file import FileStore
from tests.fakes import FakeClock
from tests.store.checking import check
from tests.store.running import acknowledgements, driver, environment
from tests.store.transitions import ENVIRONMENT

DEPLOYERS = 8
PATIENCE = 180
"""Seconds that a slow machine gets to do enough."""


class Chaos:
    """Runs it for some seconds, then checks the store; the counters show that something happened."""

    def __init__(self, root: Path, seed: int, package: Path | None = None) -> None:
        self.acknowledged: dict[int, int] = {}
        self.kills = 0
        self.completed = 0
        self.reads = 0
        self.problems: list[str] = []
        self._root = root
        self._seed = seed
        self._environment = environment(package)
        self._guard = threading.Lock()
        self._stop = threading.Event()

    @property
    def enough(self) -> bool:
        """Whether so much has happened that it proves something."""
        updates = sum(self.acknowledged.copy().values())
        return self.kills > 20 and self.completed > 10 and self.reads > 100 and updates > 100

    def run(self, seconds: float) -> None:
        """Let it go on for that long, on a slow machine until it was enough; then check what is left."""
        threads = [threading.Thread(target=self._deploy, args=(index,)) for index in range(DEPLOYERS)]
        threads.append(threading.Thread(target=self._read))
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        while time.monotonic() - begun < (seconds if self.enough else PATIENCE):
            time.sleep(0.1)
        self._stop.set()
        for thread in threads:
            thread.join()
        assert not self.problems, "\n".join(self.problems[:5])
        check(self._root, self.acknowledged)

    def _deploy(self, index: int) -> None:
        chance = random.Random(self._seed * DEPLOYERS + index)
        while not self._stop.is_set():
            killed, output = self._one(chance)
            with self._guard:
                self.kills += killed
                self.completed += not killed
                for number, revision in acknowledgements(output).items():
                    if number in self.acknowledged:
                        self.problems.append(f"{number} was given to two runs")
                    self.acknowledged[number] = revision

    def _one(self, chance: random.Random) -> tuple[bool, str]:
        """Run one deployer; kill it at some moment after it began, or let it end."""
        line = driver(self._root, f"{chance.choice([0, 0.002, 0.01])}")
        pipe = subprocess.PIPE
        with subprocess.Popen(line, env=self._environment, stdout=pipe, stderr=pipe, text=True) as process:
            assert process.stdout
            begun = process.stdout.readline()
            killed = chance.random() < 0.8
            if killed:
                time.sleep(chance.random() ** 2 * 0.15)
                process.kill()
            output, errors = process.communicate(timeout=60)
            if process.returncode not in (0, 4, -9):
                with self._guard:
                    self.problems.append(f"exit code {process.returncode}: {errors}")
            return process.returncode == -9, begun + output

    def _read(self) -> None:
        """Read everything, again and again; what was seen finished never changes."""
        finished: dict[int, object] = {}
        store = FileStore(self._root, FakeClock())
        while not self._stop.is_set():
            try:
                for header in store.headers(ENVIRONMENT):
                    self.reads += 1
                    release = store.read(ENVIRONMENT, header.number)
                    if release.status in (ReleaseStatus.COMPLETED, ReleaseStatus.FAILED):
                        self._compare(finished.setdefault(header.number, release), release)
            except StagecraftError as error:
                self.problems.append(f"a reader was refused: {error}")
            self._stop.wait(0.01)

    def _compare(self, first: object, now: object) -> None:
        if first != now:
            self.problems.append(f"a finished record changed: {now}")
