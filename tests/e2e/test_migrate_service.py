"""A database that is a service of the project: started first, dialled at its container's address."""

import pytest

from tests.e2e.machine import PASSWORD, Shop, ask
from tests.e2e.tiny import deploy, fates

pytestmark = pytest.mark.e2e

MIGRATIONS = """\
migrations:
  - name: reports
    when: pre
    engine: sql
    path: db/reports
    database: DATABASE_URL
environments:
"""


def test_a_service_that_is_the_database_is_started_first_and_dialled_by_address(shop: Shop) -> None:
    shop.replace("stagecraft.yml", "environments:\n", MIGRATIONS)
    shop.replace("stagecraft.yml", "secrets:\n", "secrets:\n  DATABASE_URL: {env: DATABASE_URL}\n")
    shop.environment["DATABASE_URL"] = f"postgresql://shop:{PASSWORD}@db/shop"
    (shop.root / "db/reports").mkdir(parents=True, exist_ok=True)
    shop.write("db/reports/0001_sales.sql", "CREATE TABLE sales (day date);\n")
    shop.commit("Reports")
    first = deploy(shop)
    before = shop.containers()["db"]
    shop.write("db/reports/0002_more.sql", "ALTER TABLE sales ADD amount integer;\n")
    shop.commit("More reports")
    second = deploy(shop)

    assert ["completed", "completed"] == [fates(one)["migrate_pre"] for one in (first, second)]
    assert before == shop.containers()["db"]
    assert ["0002_more.sql"] == [change["name"] for change in second["migrations"][0]["changes"]]
    mine = f"--filter=label=com.docker.compose.project={shop.name}"
    assert shop.containers()["db"] in ask("docker", "ps", "--quiet", "--no-trunc", mine)
