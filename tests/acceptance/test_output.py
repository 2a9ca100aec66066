"""What a real run prints, byte by byte (testdata/golden/acceptance)."""

import re

from syrupy.assertion import SnapshotAssertion

from tests.acceptance.shop import Shop, fails


def stable(said: object) -> str:
    """Return the output without what the version of Compose on this machine decides."""
    text = re.sub(r"(?m)^(  compose  +)\S+$", r"\1COMPOSE", str(said))
    text = re.sub(r'("compose_version": ")[^"]*', r"\1COMPOSE", text)
    return re.sub(r'(?m)^(digest |  plan  +|.*"digest": ")sha256:[0-9a-f]{64}("?)$', r"\1DIGEST\2", text)


def test_success(shop: Shop, golden: SnapshotAssertion) -> None:
    assert golden == stable(shop.cli("deploy --env demo --version 1.0", "--message=The new basket"))


def test_early_failure(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.deploy("1.0")
    shop.world.behaviour = fails("build")
    assert golden == stable(shop.cli("deploy --env demo --version 2.0"))


def test_dry_run(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.deploy("1.0")
    shop.change("compose.yml", "postgres:15", "postgres:16")
    assert golden == stable(shop.cli("deploy --env demo --version 2.0 --dry-run"))


def test_rollback(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.deploy("1.0")
    shop.deploy("2.0")
    assert golden == stable(shop.cli("rollback --env demo"))


def test_empty_list(shop: Shop, golden: SnapshotAssertion) -> None:
    assert golden == stable(shop.cli("releases list --env demo"))


def history(shop: Shop) -> None:
    """A success, a failure, a killed run, and a rollback."""
    shop.deploy("1.0")
    shop.deploy("2.0")
    shop.failing("3.0", "push")
    shop.killed("4.0", "build")
    shop.cli("rollback --env demo")


def test_list(shop: Shop, golden: SnapshotAssertion) -> None:
    history(shop)
    assert golden == stable(shop.cli("releases list --env demo"))


def test_list_as_json(shop: Shop, golden: SnapshotAssertion) -> None:
    history(shop)
    assert golden == stable(shop.cli("releases list --env demo --format json"))


def test_list_of_one_status(shop: Shop, golden: SnapshotAssertion) -> None:
    history(shop)
    assert golden == stable(shop.cli("releases list --env demo --status completed --limit 2"))


def test_show(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.deploy("1.0")
    assert golden == stable(shop.cli("releases show demo-1"))


def test_show_a_failure(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.failing("1.0", "rollout")
    assert golden == stable(shop.cli("releases show demo-1"))


def test_show_as_json(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.deploy("1.0")
    assert golden == stable(shop.cli("releases show demo-1 --format json"))


def test_diff(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.deploy("1.0")
    shop.change("stagecraft.yml", "localhost:8080", "localhost:8081")
    shop.deploy("2.0")
    assert golden == stable(shop.cli("releases diff demo-1 demo-2"))


def test_verify(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.deploy("1.0")
    assert golden == stable(shop.cli("releases verify --env demo"))


def test_unknown_id(shop: Shop, golden: SnapshotAssertion) -> None:
    shop.deploy("1.0")
    assert golden == stable(shop.cli("releases show demo-7"))
