"""Everything that ends a command before it touches anything: usage, preflight, the lock, the store."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stagecraft.model.holder import Holder
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import Release
from stagecraft.model.step import Step
from stagecraft.runtime.ports import PublishedPort
from tests.acceptance.shop import STAGECRAFT, Shop

ONE_PROTECTED = "version: 1\nproject: shop\nenvironments: {prod: {protected: true}}\n"


@contextmanager
def held(shop: Shop) -> Iterator[None]:
    """Hold the lock of `demo`, as another run would."""
    holder = Holder(actor="bob@office", pid=os.getpid(), since=datetime(2026, 11, 20, 8, tzinfo=UTC))
    with shop.reader().lock("demo", holder):
        yield


def first_line(text: str) -> str:
    return text.splitlines()[0]


@pytest.mark.parametrize("line", ["deploy", "plan", "rollback", "releases list", "lock show"])
def test_an_unknown_environment_is_told_before_any_store_exists(shop: Shop, line: str) -> None:
    said = shop.cli(f"{line} --env demmo")

    assert (2, "error: there is no environment `demmo`\nhint: did you mean `demo`?\n") == (
        said.code,
        said.err,
    )
    assert not shop.store.exists()


OTHERS = (
    "plan",
    "deploy",
    "deploy --resume",
    "rollback",
    "migrate",
    "migrate status",
    "destroy --yes",
    "status",
)


@pytest.mark.parametrize("line", OTHERS)
def test_the_releases_of_another_project_are_not_taken_for_ones_own(shop: Shop, line: str) -> None:
    shop.deploy("1.0")
    before = {path: path.read_bytes() for path in shop.store.rglob("*.json")}
    asked = list(shop.world.asked)
    shop.change("stagecraft.yml", "project: shop", "project: bakery")
    said = shop.cli(f"{line} --env demo")

    message = (
        f"{shop.store / 'demo'}: the releases of `demo` here are those of project `shop`, not of `bakery`"
    )
    hint = "give `bakery` a store of its own with `--store DIR`; if it was renamed, call it `shop` again"
    assert (2, f"error: {message}\nhint: {hint}\n") == (said.code, said.err)
    assert before == {path: path.read_bytes() for path in shop.store.rglob("*.json")}
    assert asked == shop.world.asked


def test_a_project_that_came_first_while_another_waited_for_the_lock_is_told_under_the_lock(
    shop: Shop, tmp_path: Path
) -> None:
    bakery = shop.copy(tmp_path / "bakery")
    bakery.change("stagecraft.yml", "project: shop", "project: bakery")

    bakery.world.meanwhile = lambda: shop.deploy("1.0")
    said = bakery.cli(f"--store {shop.store} deploy --env demo --version 1.0")

    assert (2, True) == (said.code, "are those of project `shop`, not of `bakery`" in said.err)
    assert ["demo-1"] == [header.id for header in shop.reader().headers("demo")]


@pytest.mark.parametrize("line", ["deploy", "rollback", "plan"])
def test_a_protected_environment_has_to_be_named(shop: Shop, line: str) -> None:
    shop.write("stagecraft.yml", ONE_PROTECTED)
    said = shop.cli(line)

    assert (2, "error: environment `prod` is protected and has to be named") == (
        said.code,
        first_line(said.err),
    )
    assert not shop.store.exists()


def test_an_invalid_configuration_is_told_with_its_line(shop: Shop) -> None:
    shop.write("stagecraft.yml", STAGECRAFT + "retian: 3\n")
    said = shop.cli("deploy --env demo")

    assert (2, True) == (said.code, said.err.startswith("error: stagecraft.yml:11: "))
    assert not shop.store.exists()


def test_a_compose_file_that_is_not_there_is_told(shop: Shop) -> None:
    shop.write("stagecraft.yml", "compose: gone.yml\n" + STAGECRAFT)
    said = shop.cli("deploy --env demo")

    assert (2, "error: stagecraft.yml:1: Compose file `gone.yml` is not there") == (
        said.code,
        first_line(said.err),
    )
    assert not shop.store.exists()


def test_without_git_a_version_has_to_be_named(shop: Shop) -> None:
    (shop.folder / ".git").rename(shop.folder.parent / "git")

    assert 2 == shop.cli("deploy --env demo").code
    assert not shop.store.exists()
    assert "1.0" == shop.deploy("1.0").version


def test_a_store_that_a_build_would_take_in_is_refused(shop: Shop) -> None:
    shop.change("compose.yml", "context: web", "context: .")
    shop.change("compose.yml", "dockerfile: Dockerfile.web", "dockerfile: web/Dockerfile.web")
    said = shop.cli("deploy --env demo --version 1.0")

    assert (2, True) == (said.code, ".stagecraft" in said.err)
    assert not shop.store.exists()


def test_all_that_is_missing_outside_is_told_at_once(shop: Shop) -> None:
    shop.change("stagecraft.yml", "registry: acme", "registry: 127.0.0.1:1/acme")
    shop.change("stagecraft.yml", "{env: DATABASE_PASSWORD}", "{env: NOT_SET}")
    shop.change("compose.yml", "    configs:", "    env_file: [gone.env]\n    configs:")
    shop.world.engine_is_down = True
    said = shop.cli("deploy --env demo --version 1.0")

    assert 3 == said.code
    assert "error: 4 problems, nothing was touched:\n" in said.err
    for problem in (
        "1 secret has no value: `DATABASE_PASSWORD` (variable `NOT_SET` is not set)",
        "`gone.env` is not there",
        "the Docker engine at its usual address does not answer",
        "registry `127.0.0.1:1` does not answer: connection refused",
    ):
        assert f"    - {problem}\n" in said.err
    assert not shop.store.exists()


def test_what_the_engine_does_not_have_or_another_project_holds_is_told_at_once(shop: Shop) -> None:
    shop.change("compose.yml", "  db:\n", "  db:\n    platform: linux/arm64\n")
    shop.world.ports = [PublishedPort("", 8080, "tcp", "shop_old", "web")]
    shop.world.missing = {"postgres:15", "version"}
    said = shop.cli("deploy --env demo --version 1.0")

    assert 3 == said.code
    for problem in (
        "service `db` is for `linux/arm64`, but the engine runs `linux/amd64`",
        "port 8080 of service `web` belongs to Compose project `shop_old`",
        "`docker buildx` is not installed",
        "image `postgres:15` is neither here nor in its registry",
    ):
        assert f"    - {problem}\n" in said.err
    assert "`compose_project: shop_old` adopts what runs there" in said.err
    assert not shop.store.exists()


def test_one_problem_is_one_sentence(shop: Shop) -> None:
    shop.world.engine_is_down = True
    said = shop.cli("deploy --env demo --version 1.0")

    assert (
        3,
        "error: the Docker engine at its usual address does not answer\nhint: start it\n",
    ) == (said.code, said.err)


def test_a_busy_lock_is_told_with_who_holds_it(shop: Shop) -> None:
    with held(shop):
        said = shop.cli("deploy --env demo --version 1.0")
        shown = shop.cli("lock show --env demo")

    assert (4, 0) == (said.code, shown.code)
    assert f"bob@office (pid {os.getpid()}), since 2026-11-20T08:00:00Z" in said.err
    assert f"held by bob@office, process {os.getpid()}," in shown.out
    assert [] == shop.json("releases list --env demo")


def test_a_rollback_finds_the_lock_busy_too(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    with held(shop):
        assert 4 == shop.cli("rollback --env demo").code


def test_a_lock_is_waited_for_as_long_as_was_asked(shop: Shop) -> None:
    with held(shop):
        began = time.monotonic()
        assert 4 == shop.cli("deploy --env demo --version 1.0 --lock-wait 0.5").code
        assert time.monotonic() - began >= 0.5


def test_a_lock_that_becomes_free_in_time_is_taken(shop: Shop) -> None:
    freed, taken = threading.Event(), threading.Event()

    def hold() -> None:
        with held(shop):
            taken.set()
            freed.wait(30)

    holding = threading.Thread(target=hold)
    holding.start()
    taken.wait(30)
    shop.world.meanwhile = lambda: threading.Timer(0.3, freed.set).start()
    assert "demo-1" == shop.deploy("1.0", "--lock-wait 20").id
    holding.join()


def test_a_store_that_cannot_be_written_is_told(shop: Shop) -> None:
    shop.store.mkdir()
    (shop.store / "demo").write_text("a file where a folder belongs")
    said = shop.cli("deploy --env demo --version 1.0")

    assert (7, []) == (said.code, [step.kind for hands in shop.world.hands for step in hands.steps.ran])


def test_a_record_whose_copies_are_both_damaged_is_told(shop: Shop) -> None:
    shop.deploy("1.0")
    for folder in ("releases", "backup"):
        (shop.store / "demo" / folder / "000001.json").write_text("{}")

    assert 7 == shop.cli("releases show demo-1").code
    assert 7 == shop.cli("releases verify --env demo").code


def test_a_bug_is_an_internal_error_and_the_release_is_not_lost(shop: Shop) -> None:
    def bug(step: Step, release: Release) -> Outcome | None:
        raise KeyError("a bug")

    shop.world.behaviour = bug
    said = shop.cli("deploy --env demo --version 1.0")
    Path(said.err.rsplit(" ", 1)[1].strip()).unlink()

    assert (1, True) == (said.code, said.err.startswith("internal error: KeyError at "))
    assert ["failed"] == [one["status"] for one in shop.json("releases list --env demo")]


def test_a_command_that_is_not_there_is_a_mistake(shop: Shop) -> None:
    assert 2 == shop.cli("deploi").code


def test_releases_can_be_looked_at_while_the_configuration_is_broken(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.write("stagecraft.yml", "environments: [")

    assert ["demo-1"] == [one["id"] for one in shop.json("releases list --env demo")]
    assert 0 == shop.cli("releases show demo-1").code
    assert 0 == shop.cli("releases list").code
    assert 2 == shop.cli("deploy --env demo").code
