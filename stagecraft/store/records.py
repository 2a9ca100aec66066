"""One environment's records on disk: each a main file and its twin (spec/store.md, "Where")."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from stagecraft.errors import StoreError
from stagecraft.store import atomic, ballast
from stagecraft.store.codec import DamagedError, Sealed, decode

_TAKEN = re.compile(r"(\d{6,})\.json(?:\.\d+)?(?:\.damaged)?")


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

    def numbers(self) -> list[int]:
        """Return the numbers of the records that have a file, newest first."""
        names = {name for name in self._names() if name.endswith(".json") and _TAKEN.fullmatch(name)}
        return sorted((int(name[:-5]) for name in names), reverse=True)

    def taken(self) -> list[int]:
        """Return every number that was ever given, damaged files and twins counted, lowest first."""
        matches = (_TAKEN.fullmatch(name) for name in self._names())
        return sorted({int(match[1]) for match in matches if match})

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
        for folder in (self.folder, self.main, self.twin):
            atomic.sweep(folder)

    def reserve(self) -> None:
        """Set space aside, so that a full disk can still record how the run ended."""
        ballast.reserve(self.folder, self._token, without_links=self._without_links)

    def relieve(self) -> bool:
        """Give up the space set aside; return whether there was any."""
        return ballast.release(self.folder)

    def _names(self) -> set[str]:
        names: set[str] = set()
        for folder in (self.main, self.twin):
            try:
                names.update(os.listdir(folder))  # noqa: PTH208 - a list looks at thousands
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StoreError(
                    f"cannot read the release store: {error.strerror}",
                    place=str(folder),
                    hint="check the permissions of the folder, or pass `--store DIR`",
                ) from error
        return names
