"""Migrations as phases of a release, from the command line to a real database."""

import shutil
from pathlib import Path

import pytest

from stagecraft.model.migration import MigrationStatus
from stagecraft.model.phase import Phase, PhaseStatus, ReleaseStatus
from tests.acceptance.migrating import MigratingShop, migrating


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> MigratingShop:
    """A clone of the shop with SQL migrations."""
    return migrating(shutil.copytree(made, tmp_path / "shop"))


def names(changes: object) -> list[str]:
    return [change.name for change in changes]  # type: ignore[attr-defined]


def test_a_plan_names_the_pending_files_and_marks_the_dangerous_ones(shop: MigratingShop) -> None:
    said = shop.cli("plan --env demo --version 1.0")
    assert 0 == said.code, said
    assert "migrate reports: db/reports to REPORTS: 0001_sales.sql (incompatible)" in said.out
    assert "0900_tidy.sql (irreversible)" in said.out
    assert "the table `stagecraft_migrations` tells what is applied" in said.out


def test_a_plan_needs_no_secret_and_no_database(shop: MigratingShop) -> None:
    del shop.environ["REPORTS"]
    assert 0 == shop.cli("plan --env demo --version 1.0").code
    assert not shop.database.exists()


def test_a_deploy_applies_what_is_pending_around_the_rollout_and_records_it(shop: MigratingShop) -> None:
    release = shop.deploy("1.0")

    assert ["sales", "tidy"] == shop.tables()
    assert [("0001_sales.sql", "demo-1", "applied"), ("0900_tidy.sql", "demo-1", "applied")] == shop.applied()
    assert ["build", "push", "migrate", "rollout", "migrate"] == shop.world.runner.kinds
    reports, clean = release.migrations
    assert (["0001_sales.sql"], ["0900_tidy.sql"]) == (names(reports.changes), names(clean.changes))
    assert [MigrationStatus.APPLIED] * 2 == [reports.status, clean.status]


def test_the_next_plan_has_only_what_is_new(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    shop.migration("reports/0002_more.sql", "CREATE TABLE more (day TEXT)")
    said = shop.cli("plan --env demo --version 2.0")

    assert "db/reports to REPORTS: 0002_more.sql (incompatible, irreversible)" in said.out
    assert "db/clean to REPORTS: nothing new" in said.out


def test_what_was_applied_long_ago_is_still_known(shop: MigratingShop) -> None:
    for version in ("1.0", "2.0", "3.0"):
        shop.deploy(version)
        assert "db/reports to REPORTS: nothing new" in shop.cli("plan --env demo --version 9.0").out


def test_a_failed_migrate_pre_touches_nothing_that_serves(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    shop.migration("reports/0002_bad.sql", "CREATE TABLE half (day TEXT)", "SELECT * FROM nowhere")
    said = shop.cli("deploy --env demo --version 2.0")
    release = shop.newest()

    assert (5, ["build", "push", "migrate"]) == (said.code, shop.world.runner.kinds)
    assert "0002_bad.sql:2" in said.err
    assert "the whole file was rolled back" in said.err
    assert ["sales", "tidy"] == shop.tables()
    assert [PhaseStatus.FAILED, PhaseStatus.SKIPPED] == [
        release.phase(Phase.MIGRATE_PRE).status,
        release.phase(Phase.ROLLOUT).status,
    ]
    assert (MigrationStatus.FAILED, (), ()) == (
        release.migrations[0].status,
        release.migrations[0].changes,
        release.migrations[0].unsure,
    )


def test_a_failed_migrate_post_leaves_the_new_version_and_resume_retries_it(shop: MigratingShop) -> None:
    shop.migration("clean/0901_needs.sql", "INSERT INTO missing VALUES (1)")
    said = shop.cli("deploy --env demo --version 1.0")
    failed = shop.newest()
    assert (5, ReleaseStatus.FAILED) == (said.code, failed.status)
    assert "updated" == failed.hosts["local"].status

    shop.ask("CREATE TABLE missing (n INTEGER)")
    resumed = shop.cli("deploy --env demo --resume")
    assert 0 == resumed.code, resumed
    assert ["migrate"] == shop.world.runner.kinds
    assert [(1,)] == shop.ask("SELECT n FROM missing")
    assert ["0900_tidy.sql", "0901_needs.sql"] == names(shop.newest().migrations[0].changes)


def test_a_resume_needs_no_files_in_the_tree(shop: MigratingShop) -> None:
    shop.migration("clean/0901_needs.sql", "INSERT INTO missing VALUES (1)")
    assert 5 == shop.cli("deploy --env demo --version 1.0").code
    shutil.rmtree(shop.folder / "db")
    shop.ask("CREATE TABLE missing (n INTEGER)")

    assert 0 == shop.cli("deploy --env demo --resume").code
    assert [(1,)] == shop.ask("SELECT n FROM missing")


def test_an_applied_file_that_was_edited_stops_the_plan_with_both_checksums(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    shop.migration("reports/0001_sales.sql", "CREATE TABLE other (day TEXT)")
    said = shop.cli("plan --env demo --version 2.0")

    assert 2 == said.code
    assert 2 == said.err.count("sha256:")


def test_another_database_is_not_taken_for_the_one_that_was_migrated(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    shop.environ["REPORTS"] = "sqlite:///elsewhere.db"
    said = shop.cli("deploy --env demo --version 2.0")

    assert 6 == said.code
    assert "`0001_sales.sql` of migration `reports` is recorded as applied" in said.err
    assert PhaseStatus.FAILED is shop.newest().phase(Phase.MIGRATE_PRE).status


def test_a_second_clone_does_not_apply_again_what_the_first_did(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    shutil.rmtree(shop.store)
    release = shop.deploy("1.0")

    assert [("0001_sales.sql", "demo-1", "applied"), ("0900_tidy.sql", "demo-1", "applied")] == shop.applied()
    assert ["0001_sales.sql"] == names(release.migrations[0].changes)


def test_no_record_has_the_url_of_the_database(shop: MigratingShop) -> None:
    shop.environ["REPORTS"] = "sqlite:///canary-5150.db"
    shop.deploy("1.0")

    kept = [path.read_text() for path in shop.store.rglob("*.json")]
    assert [False] * len(kept) == ["canary-5150" in text for text in kept]


def test_a_plan_says_beforehand_that_hosts_will_not_go_back(shop: MigratingShop) -> None:
    shop.deploy("1.0")
    shop.change("stagecraft.yml", "  demo:\n", "  demo:\n    hosts: {a: {ssh: a}}\n")
    assert "is not reverted" not in shop.cli("plan --env demo --version 2.0").out

    shop.migration("reports/0002_more.sql", "CREATE TABLE more (day TEXT)")
    said = shop.cli("plan --env demo --version 2.0")
    assert "a failed rollout is not reverted but stops: `reports` is not compatible" in said.out
