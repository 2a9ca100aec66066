"""One environment's records on disk: each a main file and its twin (spec/store.md, "Where")."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stagecraft.errors import StoreError
from stagecraft.store import atomic, ballast
from stagecraft.store.codec import DamagedError, Sealed, decode

_TAKEN = re.compile(r"(\d{6,})\.json(?:(?:\.\d+)?\.damaged)?")


@dataclass(frozen=True)
class Copy:
    """One of the two files of a record, as found."""

    path: Path
    sealed: Sealed | None
    problem: str
    """Why it cannot be used; empty if it can."""
    missing: bool = False
    readable: bool = True
    """False: the disk did not give its bytes, which says nothing about them."""


class DiskRecords:
    """The files of one environment. Reading needs no lock and creates nothing; the rest is for its holder."""

    def __init__(self, folder: Path, *, token: str = "", without_links: bool = False) -> None:
        self.folder = folder
        self.environment = folder.name
        self.main = folder / "releases"
        self.twin = folder / "backup"
        self._token = token
        self._without_links = without_links
        self._known: set[str] = set()

    def numbers(self) -> Iterator[int]:
        """Yield the numbers of the records that have a file, newest first."""
        names = self._names()
        return (number for number in range(_highest(names), 0, -1) if f"{number:06d}.json" in names)

    def taken(self) -> set[int]:
        """Return every number that was ever given, damaged files and twins counted."""
        matches = map(_TAKEN.fullmatch, self._names())
        return {int(match[1]) for match in matches if match}

    def highest(self) -> int:
        """Return the highest number that was ever given; 0 if none was."""
        return _highest(self._names())

    def found(self, number: int) -> Sealed | None:
        """Return the record out of the main file, else out of its twin, else None."""
        return self.copy(self.main, number).sealed or self.copy(self.twin, number).sealed

    def find(self, number: int) -> Sealed:
        """Return the record out of the main file, else out of its twin. Raises StoreError."""
        if stored := self.found(number):
            return stored
        main, twin = self.copy(self.main, number), self.copy(self.twin, number)
        if main.missing and twin.missing:
            raise StoreError(
                f"there is no release `{self.environment}-{number}`",
                hint=f"see `stagecraft releases list --env {self.environment}`",
            )
        raise StoreError(
            f"both copies of `{self.environment}-{number}` are damaged:"
            f" `{main.path}`: {main.problem}; `{twin.path}`: {twin.problem}",
            hint="restore one of them from a backup; every other release is unaffected",
        )

    def copy(self, folder: Path, number: int) -> Copy:
        """Read and check one of the two files."""
        path = folder / f"{number:06d}.json"
        try:
            return Copy(path, decode(path.read_bytes(), self.environment, number), "")
        except FileNotFoundError:
            return Copy(path, None, "it is missing", missing=True)
        except DamagedError as error:
            return Copy(path, None, str(error))
        except OSError as error:
            return Copy(path, None, f"it cannot be read: {error.strerror}", readable=False)

    def create(self, number: int, data: bytes) -> None:
        """Store a new record, then its twin. Raises FileExistsError if the number is taken."""
        name = f"{number:06d}.json"
        self._known.add(name)
        atomic.create(self.main / name, data, self._token, without_links=self._without_links)
        atomic.create(self.twin / name, data, self._token, without_links=self._without_links)

    def replace(self, number: int, data: bytes) -> None:
        """Replace a record, then its twin; both are durable when this returns."""
        name = f"{number:06d}.json"
        atomic.replace(self.main / name, data, self._token)
        atomic.replace(self.twin / name, data, self._token)

    def finish(self, number: int, data: bytes) -> None:
        """Replace a record with how it ended, for which the space set aside may be used."""
        try:
            self.replace(number, data)
        except OSError as error:
            if error.errno not in atomic.FULL or not self.relieve():
                raise
            self.replace(number, data)

    def restore(self, copy: Copy, data: bytes) -> None:
        """Make one copy hold `data`; what was there is kept under another name if it was damaged."""
        if not copy.sealed and not copy.missing:
            atomic.set_aside(copy.path)
        atomic.replace(copy.path, data, self._token)

    def move_aside(self, copy: Copy) -> None:
        """Take a damaged file out of the way, under another name."""
        if not copy.missing:
            atomic.set_aside(copy.path)
            copy.path.unlink()
            atomic.sync_folder(copy.path.parent)

    def prepare(self) -> None:
        """Make the folders, and remove what killed runs left."""
        for folder in (self.main, self.twin):
            atomic.make_folder(folder)
        listed = {folder: _names_in(folder) for folder in (self.folder, self.main, self.twin)}
        for folder, names in listed.items():
            atomic.sweep(folder, names)
        self._known = {*listed[self.main], *listed[self.twin]}

    def reserve(self) -> None:
        """Set space aside, so that a full disk can still record how the run ended."""
        ballast.reserve(self.folder, self._token, without_links=self._without_links)

    def relieve(self) -> bool:
        """Give up the space set aside; return whether there was any."""
        return ballast.release(self.folder)

    def _names(self) -> set[str]:
        """Return the names in both folders; for whoever holds the lock, those found when taking it."""
        return self._known or {*_names_in(self.main), *_names_in(self.twin)}


def _highest(names: set[str]) -> int:
    """Return the highest number in names like `000042.json`; those with more digits come after all others."""
    newest = max(names, default="0").partition(".")[0]
    if newest.isdigit() and newest < "999999":
        return int(newest)  # among names of one length, the order of text is that of numbers
    stems = (name.partition(".")[0] for name in names)
    return max((int(stem) for stem in stems if stem.isdigit()), default=0)


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - ten thousand names, and no need for a path of each
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(
            f"cannot read the release store: {error.strerror}",
            place=str(folder),
            hint="check the permissions of the folder, or pass `--store DIR`",
        ) from error
