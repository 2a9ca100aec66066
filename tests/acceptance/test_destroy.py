"""A destroy is a release of its own kind: recorded, locked, and the end of what was current."""

from stagecraft.model.phase import Kind, ReleaseStatus
from tests.acceptance.shop import Shop, fails


def test_a_destroy_is_recorded_and_nothing_is_current_afterwards(shop: Shop) -> None:
    shop.deploy("1.0")
    said = shop.cli("destroy --env demo --yes --message", "the demo is over")
    release = shop.newest()

    assert 0 == said.code, said
    assert (Kind.DESTROY, ReleaseStatus.COMPLETED, "1.0", "demo-1") == (
        release.kind,
        release.status,
        release.version,
        release.base,
    )
    assert ["destroy"] == shop.world.runner.kinds
    assert [False, False] == [one["current"] for one in shop.json("releases list --env demo")]


def test_after_a_destroy_there_is_nothing_to_roll_back_from_but_a_deploy_starts_anew(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.cli("destroy --env demo --yes")

    assert 6 == shop.cli("rollback --env demo").code
    assert shop.deploy("1.0").base is None


def test_a_failed_destroy_leaves_the_release_current_and_is_run_again_instead_of_resumed(shop: Shop) -> None:
    shop.deploy("1.0")
    shop.world.behaviour = fails("destroy")
    failed = shop.cli("destroy --env demo --yes")
    shop.world.behaviour = None
    resumed = shop.cli("deploy --env demo --resume")

    assert (5, 6) == (failed.code, resumed.code)
    assert "it is run again" in resumed.err
    assert [False, True] == [one["current"] for one in shop.json("releases list --env demo")]
    assert 0 == shop.cli("destroy --env demo --yes").code
