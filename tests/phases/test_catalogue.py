"""What each phase would do, and why not."""

from dataclasses import replace

from stagecraft.model.image import Image
from stagecraft.model.phase import Phase
from stagecraft.phases.catalogue import decide
from stagecraft.phases.given import Given, HostGiven

GIVEN = Given(
    version="2.0",
    base="demo-1",
    base_version="1.0",
    hosts=(HostGiven(name="local", text="sha256:text"),),
    compose_project="shop-demo",
    health_timeout=90,
    definition="{}",
    builds={"web": "reg/web:2.0", "api": "reg/api:2.0"},
    registry="reg",
)


def test_every_phase_either_has_steps_or_a_reason() -> None:
    steps, skipped = decide(GIVEN)
    assert [step.kind for step in steps] == ["build", "push", "push", "rollout"]
    assert skipped == {
        Phase.MIGRATE_PRE: "no migrations are configured",
        Phase.MIGRATE_POST: "no migrations are configured",
    }


def test_pushes_come_in_a_stable_order() -> None:
    steps, _ = decide(GIVEN)
    assert [step.service for step in steps if step.kind == "push"] == ["api", "web"]


def test_the_causes_say_from_which_version_to_which() -> None:
    steps, _ = decide(GIVEN)
    assert [step.cause for step in steps if step.kind == "rollout"] == ["1.0 -> 2.0"]


def test_without_a_registry_nothing_is_pushed() -> None:
    _, skipped = decide(replace(GIVEN, registry=None))
    assert skipped[Phase.PUSH] == "no `registry`: images stay on the engine and are pinned by ID"


def test_hosts_without_a_registry_are_brought_their_images() -> None:
    hosts = (HostGiven(name="web-1", text="t", remote=True),)
    _, skipped = decide(replace(GIVEN, registry=None, hosts=hosts))
    assert skipped[Phase.PUSH] == "no `registry`: hosts get images by ID, with `docker save | docker load`"


def test_a_push_to_the_run_s_own_registry_says_who_pulls_it() -> None:
    steps, _ = decide(replace(GIVEN, served=True))
    assert [step.cause for step in steps if step.kind == "push"] == [
        "built as 2.0; hosts pull it from here"
    ] * 2


def test_images_that_are_given_are_neither_built_nor_pushed() -> None:
    image = Image(reference="reg/web:1.0", digest="sha256:1")
    given = replace(GIVEN, builds={}, given={"web": image}, given_reason="`demo-1` has the same version")
    _, skipped = decide(given)
    assert skipped[Phase.BUILD] == skipped[Phase.PUSH] == "`demo-1` has the same version"


def test_a_project_that_builds_nothing_says_so() -> None:
    _, skipped = decide(replace(GIVEN, builds={}))
    assert skipped[Phase.BUILD] == "no service has `build:`"


def test_superseded_images_are_pruned_on_every_host() -> None:
    hosts = (HostGiven(name="a", text="t"), HostGiven(name="b", text="t"))
    steps, _ = decide(replace(GIVEN, hosts=hosts, superseded=("reg/web:0.1",)))
    assert [(step.host, step.images) for step in steps if step.kind == "prune"] == [
        ("a", ("reg/web:0.1",)),
        ("b", ("reg/web:0.1",)),
    ]
