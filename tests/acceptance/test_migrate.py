"""Migrations alone: `stagecraft migrate` and its status."""

import shutil
from pathlib import Path

import pytest

from stagecraft.model.phase import Kind
from tests.acceptance.migrating import MIGRATIONS, MigratingShop, migrating

MANUAL = """\
  - name: backfill
    when: manual
    engine: sql
    path: db/backfill
    database: REPORTS
"""


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> MigratingShop:
    """A shop with a migration of each `when`; nothing is deployed yet."""
    shop = migrating(shutil.copytree(made, tmp_path / "shop"))
    shop.change("stagecraft.yml", MIGRATIONS, MIGRATIONS + MANUAL)
    shop.migration("backfill/5000_fill.sql", "CREATE TABLE filled (day TEXT)")
    return shop


def migrate(shop: MigratingShop, options: str = "") -> None:
    said = shop.cli(f"migrate --env demo {options}")
    assert 0 == said.code, said


def test_migrations_run_alone_as_a_recorded_release(shop: MigratingShop) -> None:
    migrate(shop)
    release = shop.newest()

    assert (Kind.MIGRATE, ["migrate", "migrate"]) == (release.kind, shop.world.runner.kinds)
    assert ["sales", "tidy"] == shop.tables()
    assert {"reports", "clean"} == {record.name for record in release.migrations}


def test_migrating_alone_makes_nothing_current(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    migrate(shop, "--name backfill")
    assert ["demo-1"] == [one["id"] for one in shop.json("releases list --env demo") if one["current"]]


def test_a_manual_migration_runs_only_when_asked_and_is_named_until_then(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    assert ["sales", "tidy"] == shop.tables()
    assert [True] * 4 == reminded(shop)

    migrate(shop, "--when manual")
    assert ["filled", "sales", "tidy"] == shop.tables()
    assert [False] * 4 == reminded(shop)


def reminded(shop: MigratingShop) -> list[bool]:
    """Whether a plan, both kinds of status, and `status` as JSON name the file that is to be run by hand."""
    lines = ("plan --env demo --version 2.0", "status --env demo", "migrate status --env demo")
    run = "`stagecraft migrate --env demo --name backfill`"
    sentence = f"manual migration `backfill` (5000_fill.sql) is not done: {run}"
    words = (sentence, sentence, "pending: 5000_fill.sql")
    said = [word in shop.cli(line).out for word, line in zip(words, lines, strict=True)]
    return [*said, [sentence] == shop.json("status --env demo")["notes"]]


def test_the_status_is_shown_whatever_is_wrong_with_files_that_nobody_asked_for(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    shutil.rmtree(shop.folder / "db" / "backfill")
    said = shop.cli("status --env demo")
    assert 0 == said.code, said
    assert "manual migration `backfill`: `db/backfill` is no folder of SQL files" in said.out


def test_a_manual_command_is_named_in_the_status_until_it_has_run(shop: MigratingShop) -> None:
    command = MANUAL.replace("engine: sql", "engine: command").replace("path: db/backfill", "service: web")
    shop.change("stagecraft.yml", MANUAL, command.replace("database: REPORTS", "command: [fill]"))
    shop.deploy("1.0")
    assert "manual migration `backfill` is not done" in shop.cli("status --env demo").out


def test_a_dry_run_prints_the_plan_and_does_nothing(shop: MigratingShop) -> None:
    said = shop.cli("migrate --env demo --when pre --dry-run")
    assert (0, False, False) == (said.code, shop.database.exists(), shop.store.exists())
    assert "migrate reports" in said.out
    assert "migrate clean" not in said.out


def test_an_unknown_name_is_an_error_that_lists_what_there_is(shop: MigratingShop) -> None:
    said = shop.cli("migrate --env demo --name reprots")
    assert 2 == said.code
    assert "`reports` (pre), `clean` (post), `backfill` (manual)" in said.err


def test_the_status_names_what_is_pending(shop: MigratingShop) -> None:
    before = {one["name"]: one for one in shop.json("migrate status --env demo")}
    assert ("never run", ["0001_sales.sql"]) == (before["reports"]["state"], before["reports"]["pending"])

    migrate(shop)
    after = {one["name"]: one["pending"] for one in shop.json("migrate status --env demo")}
    assert {"reports": [], "clean": [], "backfill": ["5000_fill.sql"]} == after
    assert "5000_fill.sql" in shop.cli("migrate status --env demo").out


def test_a_rollback_counts_what_was_migrated_alone(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    migrate(shop, "--name backfill")
    said = shop.cli("rollback --env demo")
    assert 6 == said.code
    assert "`5000_fill.sql` of `backfill` (demo-3)" in said.err


def test_an_answer_about_no_migration_is_an_error(shop: MigratingShop) -> None:
    said = shop.cli("migrate --env demo --migration-done reprots")
    assert 2 == said.code
    assert "there is no migration `reprots`" in said.err
