"""Migrations over real hosts: who runs them, how a database is reached, and what cannot be reverted stops."""

import uuid

import pytest
import yaml

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet_app import FleetApp
from tests.e2e.test_secrecy import watched_command_lines

pytestmark = pytest.mark.e2e

HOSTS = {"host-1": "db", "host-2": "web", "host-3": "web"}
CANARY = uuid.uuid4().hex
"""The database's password, its own in each run."""
MIGRATIONS = """\
migrations:
  - name: mark
    when: pre
    engine: command
    service: web
    command: [sh, -c, "grep -o 'version [a-z]*' /run.sh >>/marks/log"]
    compatible: true
  - name: reports
    when: pre
    engine: sql
    path: db/reports
    database: REPORTS
    via: db
environments:
"""
POSTGRES = {
    "image": "stagecraft-shop-postgres:1",
    "environment": {"POSTGRES_USER": "shop", "POSTGRES_PASSWORD": "${PASSWORD}"},
    "volumes": ["data:/var/lib/postgresql/data"],
    "restart": "unless-stopped",
    "healthcheck": {
        "test": ["CMD", "pg_isready", "-q", "-h", "127.0.0.1", "-U", "shop"],
        "interval": "1s",
        "start_period": "30s",
        "start_interval": "200ms",
    },
}
SCRIPT = "echo version {}\ntest ! -e /fault/here || exit 3\ntouch /tmp/up\nexec sleep 1000\n"


@pytest.fixture
def app(new_fleet_app: NewFleetApp) -> FleetApp:
    """PostgreSQL on one host and a web on two, one after the other; a failed rollout is to be reverted."""
    app = new_fleet_app(hosts=HOSTS, rollout="{parallel: 1, on_failure: revert}")
    shop = app.shop
    shop.environment["PASSWORD"] = CANARY
    shop.environment["REPORTS"] = f"postgresql://shop:{CANARY}@db/shop"
    token = "  TOKEN: {env: TOKEN}\n"
    more = "  PASSWORD: {env: PASSWORD}\n  REPORTS: {env: REPORTS}\n"
    shop.replace("stagecraft.yml", "environments:\n", MIGRATIONS)
    shop.replace("stagecraft.yml", token, token + more)
    model = yaml.safe_load((shop.root / "compose.yml").read_text())
    model["services"]["db"] = POSTGRES
    model["services"]["web"]["volumes"].append("marks:/marks")
    model["volumes"]["marks"] = None
    shop.write("compose.yml", yaml.safe_dump(model, sort_keys=False))
    (shop.root / "db/reports").mkdir(parents=True)
    shop.write("db/reports/0001_sales.sql", "CREATE TABLE sales (day date);\n")
    app.edit("web", SCRIPT.format("one"))
    return app


def marks(app: FleetApp, host: str) -> list[str]:
    """Return what the command wrote on a host: what its image says, once a run."""
    volume = f"{app.project}_marks:/marks"
    script = "cat /marks/log 2>/dev/null || true"
    return app.fleet.docker(
        host, "run", "--rm", "-v", volume, "stagecraft-base:bookworm", "sh", "-c", script
    ).splitlines()


def ask(app: FleetApp, question: str) -> list[str]:
    """Ask the database, on its host."""
    container = app.containers("host-1")["db"][0]
    return app.fleet.docker("host-1", "exec", container, "psql", "-qtAU", "shop", "-c", question).split("\n")


def add_amount(app: FleetApp) -> None:
    """Add a file to the tree that can be undone; the web becomes version two."""
    app.shop.write("db/reports/0002_amount.sql", "ALTER TABLE sales ADD amount integer;\n")
    app.shop.write("db/reports/0002_amount.down.sql", "ALTER TABLE sales DROP amount;\n")
    app.edit("web", SCRIPT.format("two"))


TABLE = "SELECT name, status FROM stagecraft_migrations ORDER BY name"


def test_a_command_runs_on_one_host_and_a_database_is_reached_from_its_own(app: FleetApp) -> None:
    app.deploy()
    before = app.containers("host-1")
    add_amount(app)
    with watched_command_lines(sees=":5432\0--\0host-1") as seen:
        second = app.deploy()

    assert (["version one", "version two"], []) == (marks(app, "host-2"), marks(app, "host-3"))
    assert ["0001_sales.sql|applied", "0002_amount.sql|applied"] == ask(app, TABLE)
    assert before == app.containers("host-1")
    assert ["mark", "reports"] == [one["name"] for one in second["migrations"]]

    app.shop.write("db/reports/0003_by_itself.sql", "ALTER TABLE sales ADD note text;\n")
    app.shop.commit("More reports")
    alone = app.finished("migrate", "--env", "prod")
    assert ("migrate", "0003_by_itself.sql|applied") == (alone["kind"], ask(app, TABLE)[-1])
    assert (["version two"], []) == (marks(app, "host-2")[2:], marks(app, "host-3"))
    kept = [path.read_text() for path in (app.shop.root / ".stagecraft").rglob("*.json")]
    assert [] == [text for text in (*seen, *kept) if CANARY in text]


def test_a_failed_rollout_across_an_incompatible_migration_stops_instead_of_going_back(app: FleetApp) -> None:
    app.deploy()
    app.fault("host-3")
    add_amount(app)
    planned = app.shop.stagecraft("plan", "--env", "prod")
    assert "a failed rollout is not reverted but stops: `reports` is not compatible" in planned.stdout

    failed = app.shop.stagecraft("deploy", "--env", "prod")
    assert 8 == failed.returncode, failed.stderr
    assert "prod-1 does not run on what these migrations did: `0002_amount.sql` of `reports`" in failed.stderr
    assert "forward: mend it and `stagecraft deploy --env prod`" in failed.stderr
    assert (
        "back: `stagecraft rollback --env prod --with-migrations`, or `--accept-schema NAME`" in failed.stderr
    )
    statuses = {host: one["status"] for host, one in app.newest()["hosts"].items()}
    assert {"host-1": "unchanged", "host-2": "updated", "host-3": "failed"} == statuses
    assert "version two" in app.says("host-2", "web")

    app.fleet.on("host-3", "rm", f"/run/{app.shop.name}/here")
    refused = app.shop.stagecraft("rollback", "--env", "prod")
    assert (6, "prod-2") == (refused.returncode, app.newest_id()), refused.stderr
    app.finished("rollback", "--env", "prod", "--with-migrations")
    assert ["0001_sales.sql|applied"] == ask(app, TABLE)
    assert [True, True] == ["version one" in app.says(host, "web") for host in ("host-2", "host-3")]
