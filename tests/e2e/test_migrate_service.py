"""The shop's own migrations: alembic in its image, SQL files on a database that is a service of it."""

from typing import Any

import pytest

from tests.e2e.machine import Shop, ask
from tests.e2e.tiny import deploy, fates

pytestmark = pytest.mark.e2e


def test_a_service_that_is_the_database_is_started_first_and_dialled_by_address(shop: Shop) -> None:
    first = deploy(shop)
    before = shop.containers()["db"]
    shop.write("db/reports/0003_more.sql", "ALTER TABLE orders ADD note text;\n")
    shop.commit("More reports")
    second = deploy(shop)

    assert ["completed", "completed"] == [fates(one)["migrate_pre"] for one in (first, second)]
    assert before == shop.containers()["db"]
    assert [["schema"], ["0001_daily_orders.sql", "0002_orders_by_state.sql"]] == changes(first)
    assert [[], ["0003_more.sql"]] == changes(second)
    mine = f"--filter=label=com.docker.compose.project={shop.name}"
    assert shop.containers()["db"] in ask("docker", "ps", "--quiet", "--no-trunc", mine)


def changes(release: dict[str, Any]) -> list[list[str]]:
    """Return what each migration of a release changed."""
    return [[change["name"] for change in one["changes"]] for one in release["migrations"]]
