"""A look at every host of a plan: whether it answers, and whether it has what the release needs there."""

from collections.abc import Iterable
from dataclasses import replace

from stagecraft.app import host_checks
from stagecraft.app.look import PORT_TAKEN, Look
from stagecraft.compose import public
from stagecraft.errors import StagecraftError, UnavailableError
from stagecraft.model.checked import Checked
from stagecraft.runtime.engine_info import EngineInfo
from stagecraft.runtime.together import together

_CLOCK_SECONDS = 60
"""How far a host's clock may be off."""


class HostLooks:
    """What is wrong on which host. `reached` comes first: it remembers which engines answer."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def compose(self) -> Checked:
        """Return whether this machine's Compose is new enough."""
        return Checked(what="compose", problems=self._old("", "Compose", self._look.plan.compose_version))

    def reached(self) -> list[Checked]:
        """Return which engines answer; remember what they say of themselves."""
        look = self._look
        failures: dict[str, StagecraftError] = dict(look.hands.engines.connect())
        asked = [host for host in look.plan.hosts if host not in failures]
        for host, answer in zip(asked, together(asked, self._info), strict=True):
            if isinstance(answer, EngineInfo):
                look.engines[host] = answer
            else:
                failures[host] = answer
        look.hints.extend(failure.hint for failure in failures.values())
        told = {host: (f"{look.on(host)}{failure.message}",) for host, failure in failures.items()}
        reached = [
            Checked(host=host, what="reachable", problems=told.get(host, ())) for host in look.plan.hosts
        ]
        return [*reached, *self._twins()]

    def all(self, builds_for: str) -> list[Checked]:
        """Look at every host that answers, side by side; `builds_for` is the platform of built images.

        Each look leaves its hints to itself, so that their order is the hosts'.
        """
        looks = [HostLooks(replace(self._look, hints=[])) for _ in self._look.engines]
        work = list(zip(looks, self._look.engines, strict=True))
        found = together(work, lambda one: one[0]._on_host(one[1], builds_for))  # noqa: SLF001 - of its own kind
        for one in looks:
            self._look.hints.extend(one._look.hints)  # noqa: SLF001
        return [check for checks in found for check in checks]

    def _info(self, host: str) -> EngineInfo | UnavailableError:
        try:
            return self._look.hands.engines.of(host).info()
        except UnavailableError as gone:
            return gone

    def _on_host(self, host: str, builds_for: str) -> list[Checked]:
        looks: dict[str, Iterable[str]] = {
            "engine": self._old(self._look.on(host), "engine", self._look.engines[host].version),
            "platform": self._platforms(host, builds_for),
            "clock": self._clock(host),
            "disk": self._disk(host),
        }
        if self._look.whole or not self._settled(host):
            looks["ports"] = self._ports(host)
            looks["registry"] = self._registry_from(host)
            looks["images"] = self.images(host)
        return [Checked(host=host, what=what, problems=tuple(found)) for what, found in looks.items()]

    def _old(self, on: str, what: str, version: str) -> tuple[str, ...]:
        found = tuple(f"{on}{problem}" for problem in host_checks.too_old(what, version))
        self._look.hints.extend([f"install a newer {what}"] if found else [])
        return found

    def images(self, host: str) -> list[str]:
        """Return which images are neither on the host nor to be had, those built by the plan left out."""
        look = self._look
        wanted = set(public.images(look.text(host)).values()) - set(look.plan.builds.values())
        return [
            f"{look.on(host)}image `{image}` is neither here nor in its registry"
            for image in look.hands.engines.of(host).images.missing(wanted)
            if not self._is_to_be_had(image)
        ]

    def _twins(self) -> list[Checked]:
        look = self._look
        twins = host_checks.same_machine(
            {host: facts for host in look.engines if (facts := look.hands.engines.facts(host))}
        )
        look.hints.extend(["name each machine once: give it both roles"] if twins else [])
        return [Checked(what="machines", problems=(twin,)) for twin in twins]

    def _is_to_be_had(self, image: str) -> bool:
        hands = self._look.hands
        if image.startswith("sha256:"):
            return hands.engines.remote and hands.docker.images.get(image) is not None
        own = hands.engines.registry
        if own and image.startswith(f"localhost:{own.port}/"):
            return bool(own.way) and own.has(image)
        return hands.docker.run(("buildx", "imagetools", "inspect", "--raw", image)).code == 0

    def _settled(self, host: str) -> bool:
        """Return whether a host over SSH keeps its text: ports and images were looked at when it got it."""
        plan = self._look.plan
        return self._look.hands.engines.remote and bool(plan.base) and not plan.hosts[host].difference

    def _disk(self, host: str) -> list[str]:
        look = self._look
        facts = look.hands.engines.facts(host)
        if not facts or not (problem := host_checks.disk(facts, look.engines[host].root)):
            return []
        look.hints.append("make room for images and logs: `docker system df` says what takes it")
        return [f"{look.on(host)}{problem}"]

    def _registry_from(self, host: str) -> list[str]:
        """Return whether the registry answers the engine of a host; who may pull is found out by pulling."""
        look = self._look
        if look.hands.engines.registry:
            return self._port_of_registry(host)
        registry = look.here.registry
        mine = [image for image in public.images(look.text(host)).values() if registry]
        asked = next((image for image in sorted(mine) if image.startswith(f"{registry}/")), None)
        if not asked or not look.hands.engines.remote:
            return []
        if look.hands.engines.of(host).images.registry_answers(asked):
            return []
        look.hints.append("can that host reach the registry? firewall, name, `insecure-registries`")
        return [f"{look.on(host)}registry `{asked.partition('/')[0]}` does not answer its engine"]

    def _port_of_registry(self, host: str) -> list[str]:
        """Return whether the port that is to lead to the run's own registry is taken on a host."""
        look = self._look
        facts, own = look.hands.engines.facts(host), look.hands.engines.registry
        if not look.whole or not facts or not own or not own.way or own.port not in facts.tcp_ports():
            return []
        look.hints.append(PORT_TAKEN)
        return [f"{look.on(host)}port {own.port} is taken, by another run or something else"]

    def _clock(self, host: str) -> list[str]:
        look = self._look
        facts = look.hands.engines.facts(host)
        if facts is None or abs(facts.clock_ahead) < _CLOCK_SECONDS:
            return []
        look.hints.append("set the host's clock: logs and certificates depend on it")
        return [f"{look.on(host)}its clock is {facts.clock_ahead:+.0f} s off"]

    def _platforms(self, host: str, builds_for: str) -> list[str]:
        look = self._look
        info = look.engines[host]
        return [
            f"{look.on(host)}service `{name}` is for `{platform}`, but the engine runs `{info.platform}`"
            for name, platform in sorted(public.platforms(look.text(host)).items())
            if platform.split("/")[:2] != info.platform.split("/")
        ] + [f"{look.on(host)}{problem}" for problem in self._foreign(host, info, builds_for)]

    def _foreign(self, host: str, info: EngineInfo, builds_for: str) -> tuple[str, ...]:
        """Return which images are built for another platform than the host's."""
        look = self._look
        text, built = look.text(host), set(look.plan.builds.values())
        mine = {name for name, image in public.images(text).items() if image in built}
        found = host_checks.foreign(mine - set(public.platforms(text)), builds_for, info.platform)
        look.hints.extend(["build for it: `platform:` at the service"] if found else [])
        return found

    def _ports(self, host: str) -> list[str]:
        look = self._look
        project = look.here.environment.compose_project
        published = look.hands.engines.of(host).published_ports()
        others = [port for port in published if port.project != project]
        problems = []
        services = public.images(look.text(host))
        for wanted in public.ports(look.text(host)):
            for other in others:
                if not _clash(wanted, other.address, other.port, other.protocol):
                    continue
                owner = f"Compose project `{other.project}`" if other.project else "another container"
                problems.append(
                    f"{look.on(host)}port {wanted.port} of service `{wanted.service}` belongs to {owner}"
                )
                if other.project and other.service in services:
                    look.hints.append(
                        f"`compose_project: {other.project}` adopts what runs there, with its volumes"
                    )
        return list(dict.fromkeys(problems))


def _clash(wanted: public.Port, address: str, port: int, protocol: str) -> bool:
    everywhere = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound
    same = wanted.address == address or wanted.address in everywhere or address in everywhere
    return same and (wanted.port, wanted.protocol) == (port, protocol)
