"""What the rollout does on which host, as steps."""

from stagecraft.model.step import Pull, Rollout
from stagecraft.phases.given import Given, HostGiven
from stagecraft.phases.rollout import steps


def test_images_are_pulled_where_the_text_changes_and_every_remote_host_is_looked_at() -> None:
    hosts = (
        HostGiven(name="a", text="sha256:1", remote=True, changed=True),
        HostGiven(name="b", text="sha256:2", remote=True, changed=False),
        HostGiven(name="local", text="sha256:3"),
    )
    given = Given(
        version="2", base="p-1", base_version="1", hosts=hosts, compose_project="p", health_timeout=9
    )
    found = list(steps(given))

    assert ["a"] == [step.host for step in found if isinstance(step, Pull)]
    assert ["a", "b", "local"] == [step.host for step in found if isinstance(step, Rollout)]
