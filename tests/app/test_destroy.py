"""Which release a destroy leaves current."""

from stagecraft.model.history import current
from stagecraft.model.phase import Kind, ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.model.step import Destroy
from tests.fakes import a_plan, a_release


def destroyed(*hosts: str) -> Release:
    steps = tuple(Destroy(host=name, cause="asked for", compose_project="shop-demo") for name in hosts)
    plan = a_plan(hosts=("a", "b"), steps=steps)
    return a_release(plan, number=2, kind=Kind.DESTROY).model_copy(update={"status": ReleaseStatus.COMPLETED})


DEPLOYED = a_release(number=1).model_copy(update={"status": ReleaseStatus.COMPLETED})


def test_after_a_destroy_of_every_host_nothing_is_current() -> None:
    assert current([destroyed("a", "b").header(), DEPLOYED.header()]) is None


def test_a_destroy_of_one_host_leaves_the_release_current() -> None:
    assert DEPLOYED.header() == current([destroyed("a").header(), DEPLOYED.header()])
