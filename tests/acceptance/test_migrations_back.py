"""Going back across migrations: what passes, what is undone when asked, what is refused."""

import shutil
from pathlib import Path

import pytest

from stagecraft.model.migration import Direction, MigrationStatus
from stagecraft.model.phase import Kind, Phase
from tests.acceptance.migrating import MigratingShop, migrating


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> MigratingShop:
    """A shop at 1.0, to which 2.0 has added a file that can be undone."""
    shop = migrating(shutil.copytree(made, tmp_path / "shop"))
    shop.deploy("1.0")
    shop.migration("reports/0002_more.sql", "CREATE TABLE more (day TEXT)")
    shop.migration("reports/0002_more.down.sql", "DROP TABLE more")
    shop.deploy("2.0")
    return shop


def test_a_rollback_across_an_incompatible_migration_is_refused_before_anything_is_touched(
    shop: MigratingShop,
) -> None:
    said = shop.cli("rollback --env demo")

    assert (6, "demo-2") == (said.code, shop.newest().id)
    assert "`0002_more.sql` of `reports` (demo-2) is not compatible; it can be undone" in said.err
    assert "--with-migrations" in said.err
    assert "--accept-schema" in said.err
    assert ["more", "sales", "tidy"] == shop.tables()


def test_what_can_be_undone_is_undone_when_asked_before_the_old_version_starts(shop: MigratingShop) -> None:
    said = shop.cli("rollback --env demo --with-migrations")
    release = shop.newest()

    assert 0 == said.code, said
    assert ["sales", "tidy"] == shop.tables()
    assert ["migrate", "rollout"] == shop.world.runner.kinds
    assert (Kind.ROLLBACK, "demo-1") == (release.kind, release.rollback_of)
    assert [(Direction.DOWN, MigrationStatus.UNDONE, ["0002_more.sql"])] == [
        (one.direction, one.status, [change.name for change in one.changes]) for one in release.migrations
    ]


def test_an_undo_needs_no_files_in_the_tree(shop: MigratingShop) -> None:
    shutil.rmtree(shop.folder / "db")
    said = shop.cli("rollback --env demo --with-migrations")
    assert 0 == said.code, said
    assert ["sales", "tidy"] == shop.tables()


def test_a_schema_that_is_accepted_stays(shop: MigratingShop) -> None:
    said = shop.cli("rollback --env demo --accept-schema reports")

    assert 0 == said.code, said
    assert ["more", "sales", "tidy"] == shop.tables()
    assert "no migration is undone" == shop.newest().phase(Phase.MIGRATE_PRE).reason


def test_a_name_that_is_no_migration_cannot_be_accepted(shop: MigratingShop) -> None:
    said = shop.cli("rollback --env demo --accept-schema reprots")
    assert 2 == said.code
    assert "`reports`" in said.err


def test_compatible_migrations_pass(shop: MigratingShop) -> None:
    shop.migration("clean/0901_more.sql", "-- stagecraft: compatible", "CREATE TABLE swept (day TEXT)")
    shop.deploy("3.0")
    said = shop.cli("rollback --env demo --to demo-2")
    assert 0 == said.code, said
    assert "swept" in shop.tables()


def test_a_plan_to_go_back_says_what_is_undone(shop: MigratingShop) -> None:
    said = shop.cli("rollback --env demo --with-migrations --dry-run")
    assert "undo reports: db/reports to REPORTS: 0002_more.sql (incompatible) (applied in demo-2)" in said.out
    assert ["more", "sales", "tidy"] == shop.tables()


def test_a_target_that_needs_what_was_undone_since_is_refused(shop: MigratingShop) -> None:
    assert 0 == shop.cli("rollback --env demo --with-migrations").code
    said = shop.cli("rollback --env demo --to demo-2")

    assert 6 == said.code
    assert "`0002_more.sql` of `reports` was undone in demo-3" in said.err
    assert "deploy `2.0` again" in said.err


def test_after_an_undo_the_file_is_pending_again(shop: MigratingShop) -> None:
    assert 0 == shop.cli("rollback --env demo --with-migrations").code
    shop.deploy("2.0")
    assert ["more", "sales", "tidy"] == shop.tables()


def test_what_a_failed_release_migrated_is_in_the_way_too(shop: MigratingShop) -> None:
    shop.migration("reports/0003_last.sql", "CREATE TABLE last (day TEXT)")
    shop.failing("3.0", "rollout")
    said = shop.cli("rollback --env demo --to demo-2")

    assert 6 == said.code
    assert "`0003_last.sql` of `reports` (demo-3) is neither compatible nor reversible" in said.err
