"""Expand and contract over three releases of the shop, and the way back at each point (spec/migrations.md).

1 reads `cents`. 2 adds `price` and reads it: 1 still runs. 3 drops `cents`: 1 does not run any more, 2 does.
"""

import pytest

from tests.e2e.conftest import NewShop
from tests.e2e.machine import Result, Shop, ask
from tests.e2e.tiny import deploy, newest

pytestmark = [pytest.mark.e2e, pytest.mark.beside]

REVISION = '''\
"""{what}"""

from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade():
    op.execute("{up}")


def downgrade():
    op.execute("{down}")
'''
PRICE = "Apples, 2.50 EUR"


@pytest.fixture
def shop(new_shop: NewShop) -> Shop:
    """The shop, without a registry."""
    return new_shop(None)


def revision(shop: Shop, number: int, what: str, up: str, down: str) -> None:
    """Add a revision to the shop's alembic history."""
    text = REVISION.format(what=what, number=f"{number:04}", before=f"{number - 1:04}", up=up, down=down)
    shop.write(f"web/history/versions/{number:04}.py", text)


def expand(shop: Shop) -> None:
    """Make release 2: a new column beside the old one, by alembic; it is read. And plain SQL."""
    up = "ALTER TABLE products ADD price numeric(10,2); UPDATE products SET price = cents / 100.0"
    revision(shop, 3, "Prices in whole units.", up, "ALTER TABLE products DROP price")
    shop.write("db/reports/0003_prices.sql", "-- stagecraft: compatible\nCREATE TABLE prices (day date);\n")
    shop.write("db/reports/0003_prices.down.sql", "DROP TABLE prices;\n")
    shop.replace("web/shop.py", "p.cents", "p.price")
    shop.replace("web/shop.html", "product.cents / 100", "product.price")
    shop.commit("Expand")


def contract(shop: Shop) -> None:
    """Make release 3: the old column goes; and a file of SQL that nothing undoes."""
    up = "ALTER TABLE products DROP cents"
    down = "ALTER TABLE products ADD cents integer; UPDATE products SET cents = price * 100"
    revision(shop, 4, "Nobody reads cents any more.", up, down)
    shop.replace("stagecraft.yml", "compatible: true", "compatible: false")
    shop.write("db/reports/0004_no_old_prices.sql", "ALTER TABLE prices ADD price numeric NOT NULL;\n")
    shop.commit("Contract")


def rollback(shop: Shop, *options: str) -> Result:
    return shop.stagecraft("rollback", "--env", "demo", *options)


def columns(shop: Shop) -> list[str]:
    """Return which of the two columns there are, as the database says."""
    question = (
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = 'products' AND column_name IN ('cents', 'price') ORDER BY 1"
    )
    database = shop.containers()["db"]
    return ask("docker", "exec", database, "psql", "-qtA", "-U", "shop", "-c", question).split()


def listed(said: Result) -> list[str]:
    """Return what a refusal has in its list."""
    return [line.strip() for line in said.stderr.splitlines() if line.startswith("  ")]


def test_expand_and_contract_with_the_way_back_at_each_point(shop: Shop) -> None:
    deploy(shop)
    expand(shop)
    deploy(shop)
    assert (["cents", "price"], True) == (columns(shop), PRICE in shop.page())

    # From 2 to 1: what 2 did is compatible, so it stays and 1 serves.
    said = rollback(shop)
    assert (0, ["cents", "price"], True) == (said.returncode, columns(shop), PRICE in shop.page()), said
    deploy(shop)

    contract(shop)
    deploy(shop)
    before = shop.containers()
    assert ("demo-5", ["price"], True) == (newest(shop)["id"], columns(shop), PRICE in shop.page())

    # From 3 to 2: refused, with everything that is in the way and both ways on, before anything is touched.
    said = rollback(shop)
    assert 6 == said.returncode, said
    assert [
        "`0004_no_old_prices.sql` of `reports` (demo-5) is neither compatible nor reversible",
        "`schema` (demo-5) is not compatible; it can be undone",
    ] == listed(said)
    assert "`--with-migrations`" in said.stderr
    assert "`--accept-schema NAME` (`reports`, `schema`)" in said.stderr

    # What cannot be undone is in the way even when undoing is asked for.
    said = rollback(shop, "--with-migrations")
    assert (6, 1) == (said.returncode, len(listed(said))), said
    assert "`0004_no_old_prices.sql`" in listed(said)[0]

    # From 3 to 1: what 2 did is compatible and not in the list.
    said = rollback(shop, "--to", "demo-1")
    assert (6, 2) == (said.returncode, len(listed(said))), said
    assert ("demo-5", before, ["price"]) == (newest(shop)["id"], shop.containers(), columns(shop))

    # From 3 to 2 with what can be undone undone, in the image of 3, and the rest accepted.
    said = rollback(shop, "--with-migrations", "--accept-schema", "reports")
    assert (0, ["cents", "price"], True) == (said.returncode, columns(shop), PRICE in shop.page()), said
    assert [("schema", "undone", "0004", "0003")] == [
        (one["name"], one["status"], one["before"], one["after"]) for one in newest(shop)["migrations"]
    ]

    # 3 needs what was undone since: to have it again is a deploy, not a rollback.
    said = rollback(shop, "--to", "demo-5")
    assert 6 == said.returncode, said
    assert "`schema` was undone in demo-6" in said.stderr
    deploy(shop)
    assert ["price"] == columns(shop)

    # From 3 to 2 with the schema of 3, which 2 can live with: a person says so.
    said = rollback(shop, "--accept-schema", "schema", "--accept-schema", "reports")
    assert (0, ["price"], True) == (said.returncode, columns(shop), PRICE in shop.page()), said
    assert "demo-8" == newest(shop)["id"]
