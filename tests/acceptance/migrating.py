"""A shop with SQL migrations on a real SQLite file; everything else of the world is paper."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from stagecraft.app import App, Where
from stagecraft.app.hands import FILES, Hands
from stagecraft.app.migrations import Migrations
from stagecraft.app.opened import Opened
from stagecraft.app.rollouts import Rollouts
from stagecraft.engine.ports import Observer, Record, Runner
from stagecraft.model.events import Event
from stagecraft.model.migration import MigrationRecord
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import Release
from stagecraft.model.step import Migrate, Step
from stagecraft.runtime.signals import Signals
from tests.acceptance.paper import PaperHands, World
from tests.acceptance.shop import STAGECRAFT, Shop
from tests.fakes import RecordingRunner

MIGRATIONS = """\
migrations:
  - name: reports
    when: pre
    engine: sql
    path: db/reports
    database: REPORTS
  - name: clean
    when: post
    engine: sql
    path: db/clean
    database: REPORTS
"""
CONFIGURATION = STAGECRAFT.replace("secrets:\n", f"{MIGRATIONS}secrets:\n  REPORTS: {{env: REPORTS}}\n")


@dataclass(frozen=True)
class RealMigrations:
    """Runs migrations in earnest and notes every other step."""

    steps: RecordingRunner
    migrations: Migrations

    def run(self, step: Step, release: Release, deadline: float, record: Record) -> Outcome:
        outcome = self.steps.run(step, release, deadline, record)
        if isinstance(step, Migrate):
            self.migrations(step, release, deadline + 3600, record)
        return outcome

    def cancel(self) -> None:
        self.steps.cancel()
        self.migrations.cancel()


class MigratingHands(PaperHands):
    """The hands of paper, but for migrations."""

    def runner(self, secrets: Mapping[str, str]) -> Runner:
        super().runner(secrets)
        store = self._here.store_folder.absolute()
        rollouts = Rollouts(
            engine=self.engines.of,
            clock=self.clock,
            observer=self.observer,
            redactor=self.redactor,
            folder=self._here.folder,
            files=store / FILES,
            secrets=secrets,
            carry=lambda *_: None,
        )
        return RealMigrations(self.steps, self._migrations(rollouts, secrets))


@dataclass
class MigratingShop(Shop):
    """A clone of the shop whose releases migrate."""

    made: list[Hands] = field(default_factory=list)

    @property
    def database(self) -> Path:
        return self.folder / "reports.db"

    def migration(self, name: str, *statements: str) -> None:
        """Write `reports/0001_a.sql`."""
        path = self.folder / "db" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{one}\n" if one.startswith("--") else f"{one};\n" for one in statements))

    def ask(self, question: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(question).fetchall()

    def tables(self) -> list[str]:
        """Return the tables that migrations made, by name."""
        named = self.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [str(name) for (name,) in named if name != "stagecraft_migrations"]

    def applied(self) -> list[tuple[object, ...]]:
        """Return what the table says: file, release, status."""
        return self.ask('SELECT name, "release", status FROM stagecraft_migrations ORDER BY name')

    def recorded(self) -> list[MigrationRecord]:
        """Return what the newest release says."""
        return list(self.newest().migrations)

    def _connect(self, where: Where, observer: Observer) -> App:
        def hands(where: Where, here: Opened, observer: Observer) -> Hands:
            return MigratingHands(where, here, observer, self.world)

        def watched(event: Event) -> None:
            observer(event)
            if self.happens:
                self.happens(event)

        return App(where, watched, self.shield or Signals().shield, hands)


def migrating(folder: Path, world: World | None = None) -> MigratingShop:
    """Turn a clone into a shop with migrations and one file of each kind."""
    shop = MigratingShop(folder, world or World())
    shop.environ["REPORTS"] = "sqlite:///reports.db"
    shop.write("stagecraft.yml", CONFIGURATION)
    shop.migration("reports/0001_sales.sql", "CREATE TABLE sales (day TEXT)")
    shop.migration("reports/0001_sales.down.sql", "DROP TABLE sales")
    shop.migration("clean/0900_tidy.sql", "-- stagecraft: compatible", "CREATE TABLE tidy (day TEXT)")
    return shop
