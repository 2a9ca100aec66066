"""On which hosts a new version is on trial."""

from stagecraft.model.canary import Canary, CanaryCheck
from stagecraft.model.step import Rollout
from stagecraft.phases.given import Given, HostGiven
from stagecraft.phases.rollout import steps

CANARY = Canary(weight=10, hold=60, check=CanaryCheck(service="web", command=("smoke",)))


def tried(*hosts: HostGiven, canary: Canary | None = CANARY) -> list[str]:
    given = Given(
        version="2",
        base="p-1",
        base_version="1",
        hosts=hosts,
        compose_project="p",
        health_timeout=9,
        canary=canary,
    )
    return [step.host for step in steps(given) if isinstance(step, Rollout) and step.canary]


def test_it_is_the_first_wave_that_has_an_ingress() -> None:
    database = HostGiven(name="db-1", text="sha256:1", remote=True, wave=0)
    web = [
        HostGiven(name=f"web-{number}", text="sha256:2", remote=True, wave=wave, has_ingress=True)
        for number, wave in enumerate((1, 1, 2), 1)
    ]

    assert ["web-1", "web-2"] == tried(database, *web)


def test_without_a_canary_or_an_ingress_nobody_is() -> None:
    host = HostGiven(name="web-1", text="sha256:1", has_ingress=True)

    assert [] == tried(host, canary=None)
    assert [] == tried(HostGiven(name="web-1", text="sha256:1"))
