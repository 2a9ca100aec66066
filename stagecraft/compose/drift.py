"""What differs between the recorded text of a host and what runs there. Pure (spec/commands/status.md)."""

from collections.abc import Iterator, Mapping, Sequence

from stagecraft.compose.soundness import completed
from stagecraft.compose.use import wanted
from stagecraft.model.image import RunningImage
from stagecraft.model.observed import Container, Health, Observed, WantedService
from stagecraft.model.standing import ServiceStanding


def standings(
    text: str, running: Mapping[str, RunningImage], observed: Observed
) -> tuple[ServiceStanding, ...]:
    """Return how every service stands: those of the text first to last, then what should not be there.

    `text` is the recorded one, empty if nothing should run; `running` the images it ran when it was recorded.
    """
    services = wanted(text, {}).services if text else ()
    known = {service.name for service in services}
    strangers = sorted({container.service for container in observed.containers} - known)
    return (
        *(_standing(service, observed.of(service.name), running.get(service.name)) for service in services),
        *(_stranger(name, observed.of(name)) for name in strangers),
    )


def _standing(
    service: WantedService, containers: Sequence[Container], ran: RunningImage | None
) -> ServiceStanding:
    drift = [*_count(service, containers)]
    for container in containers:
        drift += [f"{container.name}: {what}" for what in _differences(container, service, ran)]
    return ServiceStanding(
        service=service.name,
        wanted=service.replicas,
        image=service.image,
        containers=tuple(containers),
        drift=tuple(drift),
        recorded=all(container.digest == service.digest for container in containers),
    )


def _stranger(name: str, containers: Sequence[Container]) -> ServiceStanding:
    return ServiceStanding(
        service=name,
        wanted=0,
        containers=tuple(containers),
        drift=tuple(f"{container.name}: the release has no such service" for container in containers),
        recorded=False,
    )


def _count(service: WantedService, containers: Sequence[Container]) -> Iterator[str]:
    found = len(containers)
    if found < service.replicas:
        yield f"{service.replicas - found} of {service.replicas} containers missing"
    elif found > service.replicas:
        yield f"{found} containers instead of {service.replicas}"


def _differences(container: Container, service: WantedService, ran: RunningImage | None) -> Iterator[str]:
    if container.image != service.image:
        yield f"it runs another image, `{container.image}`"
    elif ran is not None and container.image_id != ran.id:
        yield f"`{container.image}` is not the image it was"
    elif not container.digest:
        yield "it was not started by Stagecraft"
    elif container.digest != service.digest:
        yield "its definition is not the recorded one"
    if completed(container, service):
        return
    if container.state == "exited":
        yield f"it is stopped (exit code {container.exit_code})"
    elif container.state != "running":
        yield f"it is {container.state}"
    elif container.health is Health.UNHEALTHY:
        yield "it is unhealthy"
