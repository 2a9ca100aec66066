"""The ground the other end-to-end tests stand on, without Stagecraft."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.machine import IMAGES, Registry, Shop, ask, run

pytestmark = pytest.mark.e2e


def test_the_shop_runs_under_plain_compose_and_survives_a_rotated_password(shop: Shop) -> None:
    shop.compose("build")
    shop.compose("run", "--rm", "web", "alembic", "upgrade", "head")
    shop.compose("up", "--detach", "--wait")
    shop.page("/buy/1", post=True)
    time.sleep(2)

    shop.environment["DATABASE_PASSWORD"] = "it-is-another-one"
    shop.compose("up", "--detach", "--wait")

    page = shop.page()
    assert "Good morning" in page
    assert "Apples, 2.50 EUR, 1 sent" in page
    assert {"web", "worker", "db", "proxy"} == set(shop.containers())


def test_a_removed_shop_leaves_nothing_on_the_engine(shop: Shop) -> None:
    shop.compose("build")
    shop.compose("up", "--detach")
    assert shop.registry is not None
    pushed = f"{shop.registry.address}/{shop.name}/web:1"
    ask("docker", "tag", f"{shop.name}-web", pushed)
    ask("docker", "push", "--quiet", pushed)

    shop.remove()

    assert shop.containers() == {}
    for kind in ("network", "volume"):
        assert ask("docker", kind, "ls", "--quiet", "--filter", f"name={shop.name}") == ""
    assert shop.name not in ask("docker", "image", "ls", "--digests")
    assert shop.registry.tags(f"{shop.name}/web") == ["1"]


def test_the_same_checkout_has_the_same_first_commit(new_shop: Callable[[None], Shop]) -> None:
    shops = [new_shop(None), new_shop(None)]
    for shop in shops:
        for path, own in (
            ("stagecraft.yml", shop.name),
            ("compose.yml", shop.name),
            ("stagecraft.yml", str(shop.port)),
        ):
            shop.replace(path, own, "the-same")
        ask("rm", "-rf", ".git", cwd=shop.root)
        ask("git", "init", "--quiet", cwd=shop.root)

    first, second = (shop.commit() for shop in shops)

    assert first == second


def test_a_registry_with_users_refuses_everybody_else(auth_registry: Registry, tmp_path: Path) -> None:
    reference = f"{auth_registry.address}/probe:1"
    ask("docker", "tag", IMAGES[0], reference)
    try:
        refused = run("docker", "--config", str(tmp_path), "push", reference)
        (tmp_path / "config.json").write_text(auth_registry.docker_config(), encoding="utf-8")
        accepted = run("docker", "--config", str(tmp_path), "push", reference)
    finally:
        run("docker", "image", "rm", reference)
    assert (refused.returncode, accepted.returncode) == (1, 0)
