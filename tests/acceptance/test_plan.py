"""Planning writes nothing and asks nobody; a saved plan is run exactly or not at all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stagecraft.model import plan_file
from stagecraft.model.phase import Phase
from tests.acceptance.shop import Shop
from tests.runtime.repositories import commit, git, listing


@pytest.mark.parametrize(
    "line",
    ["plan --env demo", "deploy --env demo --dry-run", "plan --env demo --format json"],
)
def test_planning_writes_nothing_and_asks_nobody(shop: Shop, line: str) -> None:
    before = listing(shop.folder)
    said = shop.cli(line)

    assert (0, before) == (said.code, listing(shop.folder))
    assert shop.world.untouched


def test_a_dry_run_of_a_rollback_writes_nothing_and_asks_nobody(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    runs, asked, before = len(shop.world.hands), len(shop.world.asked), listing(shop.folder)
    said = shop.cli("rollback --env demo --dry-run")

    assert (0, before) == (said.code, listing(shop.folder))
    assert (runs, asked) == (len(shop.world.hands), len(shop.world.asked))


def test_plan_and_dry_run_say_the_same(shop: Shop) -> None:
    plan, dry = shop.cli("plan --env demo"), shop.cli("deploy --env demo --dry-run")

    assert (plan.code, plan.out) == (dry.code, dry.out)


def test_exit_code_10_says_that_there_are_changes(shop: Shop) -> None:
    assert 10 == shop.cli("plan --env demo --version 1.0 --exit-code").code
    shop.deploy("1.0")
    assert 0 == shop.cli("plan --env demo --version 1.0 --exit-code").code
    shop.write("greeting.txt", "good day\n")
    assert 10 == shop.cli("plan --env demo --version 1.0 --exit-code").code


def test_a_saved_plan_is_run_as_it_is(shop: Shop) -> None:
    shop.cli("plan --env demo --version 1.0 --recreate db --out release.plan")
    saved = json.loads((shop.folder / "release.plan").read_text())
    said = shop.cli("deploy --plan release.plan")

    assert 0 == said.code, said
    assert saved == shop.json("releases show demo-1")["plan"]


def test_a_saved_plan_inside_the_working_tree_is_no_part_of_the_version(shop: Shop) -> None:
    head = git(shop.folder, "rev-parse", "HEAD")[:12]

    assert 0 == shop.cli("plan --env demo --out release.plan").code
    assert 0 == shop.cli("plan --env demo --out release.plan").code
    assert 0 == shop.cli("deploy --plan release.plan").code
    assert head == shop.newest().version


def the_version(shop: Shop) -> None:
    shop.write("README", "new\n")
    commit(shop.folder, "second")


def the_text(shop: Shop) -> None:
    shop.change("compose.yml", "postgres:15", "postgres:16")


def the_variables(shop: Shop) -> None:
    shop.change("stagecraft.yml", "localhost:8080", "localhost:8081")


def the_steps(shop: Shop) -> None:
    shop.change("stagecraft.yml", "registry: acme\n", "registry: acme\nretain: 3\n")
    shop.change("stagecraft.yml", "  demo:\n", "  demo:\n    health_timeout: 9s\n")


def the_current_release(shop: Shop) -> None:
    shop.deploy("0.9")


@pytest.mark.parametrize(
    ("move", "told"),
    [
        (the_version, "version: `"),
        (the_text, "configuration: the Compose text of local differs"),
        (the_variables, "configuration: the Compose text of local differs"),
        (the_steps, "configuration: the steps differ"),
        (the_current_release, "base: `None` when it was saved, `demo-1` now"),
    ],
)
def test_a_saved_plan_is_refused_if_something_moved(
    shop: Shop, tmp_path: Path, move: Callable[[Shop], None], told: str
) -> None:
    file = tmp_path / "release.plan"
    version = "" if move is the_version else " --version 1.0"
    shop.cli(f"plan --env demo{version} --out {file}")
    move(shop)
    releases = len(shop.json("releases list --env demo"))
    said = shop.cli(f"deploy --plan {file}")

    assert 6 == said.code
    assert told in said.err
    assert releases == len(shop.json("releases list --env demo"))


def test_a_saved_plan_made_with_another_compose_is_refused(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "release.plan"
    shop.cli(f"plan --env demo --version 1.0 --out {file}")
    made = plan_file.load(file.read_text())
    file.write_text(plan_file.dump(made.model_copy(update={"compose_version": "2.0.0"}).sealed()))
    said = shop.cli(f"deploy --plan {file}")

    assert (6, True) == (said.code, "compose version: `2.0.0` when it was saved" in said.err)


def test_a_saved_plan_that_was_edited_is_refused(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "release.plan"
    shop.cli(f"plan --env demo --version 1.0 --out {file}")
    file.write_text(file.read_text().replace("postgres:15", "postgres:16"))
    said = shop.cli(f"deploy --plan {file}")

    assert (6, True) == (said.code, "its digest does not fit" in said.err)


def test_a_saved_plan_is_not_run_for_another_environment(shop: Shop) -> None:
    shop.cli("plan --env demo --version 1.0 --out release.plan")
    said = shop.cli("deploy --env prod --plan release.plan")

    assert (2, "error: the saved plan is for `demo`, not for `prod`") == (
        said.code,
        said.err.splitlines()[0],
    )


def test_a_saved_plan_is_refused_if_somebody_deployed_just_before_the_lock(shop: Shop) -> None:
    shop.cli("plan --env demo --version 1.0 --out release.plan")
    shop.world.meanwhile = lambda: Shop(shop.folder).deploy("0.9")
    said = shop.cli("deploy --plan release.plan")

    assert (6, True) == (said.code, "base: `None` when it was saved, `demo-1` now" in said.err)


def test_every_phase_of_a_plan_has_steps_or_a_reason(shop: Shop) -> None:
    phases = shop.json("plan --env demo --version 1.0")["phases"]

    assert [phase.value for phase in Phase] == [one["name"] for one in phases]
    assert all(one["steps"] or one["skipped"] or one["name"] == "finalize" for one in phases)
    assert all(step["cause"] for one in phases for step in one["steps"])


def test_a_plan_says_whether_there_is_no_release_or_no_store(shop: Shop) -> None:
    assert "  base     unknown: no release store here\n" in shop.cli("plan --env demo").out
    shop.failing("1.0", "build")
    assert "  base     none yet\n" in shop.cli("plan --env demo").out


def test_no_secret_value_is_in_a_plan_or_in_a_record(shop: Shop) -> None:
    canaries = {
        name: f"canary-{name}-8f14e45f" for name in ("env", "dotenv", "command", "env_file", "secret_file")
    }
    shop.change(
        "stagecraft.yml",
        "  DATABASE_PASSWORD: {env: DATABASE_PASSWORD}\n",
        "  DATABASE_PASSWORD: {env: DATABASE_PASSWORD}\n"
        "  FROM_DOTENV: {dotenv: .env.prod}\n"
        "  FROM_COMMAND: {command: [cat, command.txt]}\n",
    )
    shop.change(
        "compose.yml",
        "    configs: [greeting]\n",
        "      A: pre-${FROM_DOTENV}-post\n      B: ${FROM_COMMAND}\n"
        "    env_file: [web.env]\n    secrets: [key]\n    configs: [greeting]\n",
    )
    shop.change(
        "compose.yml", "configs:\n  greeting:", "secrets: {key: {file: key.txt}}\nconfigs:\n  greeting:"
    )
    shop.write(".env.prod", f"FROM_DOTENV={canaries['dotenv']}\n")
    shop.write("web.env", f"TOKEN={canaries['env_file']}\n")
    shop.write("command.txt", canaries["command"])
    shop.write("key.txt", canaries["secret_file"])
    environ = {"DATABASE_PASSWORD": canaries["env"]}
    said = [
        shop.cli(f"{line} --env demo --version 1.0", environ=environ)
        for line in (
            "plan",
            "plan --format json",
            "plan --out saved.plan",
            "deploy --dry-run",
            "config render",
        )
    ]
    deployed = shop.cli("deploy --env demo --version 1.0 --verbose", environ=environ)
    records = [path.read_text() for path in shop.store.rglob("*.json")]

    assert [0] * 5 == [one.code for one in said]
    assert 0 == deployed.code, deployed
    everything = [*map(str, [*said, deployed]), (shop.folder / "saved.plan").read_text(), *records]
    assert [] == [name for name, value in canaries.items() for text in everything if value in text]
    assert "FROM_COMMAND" in said[0].out
