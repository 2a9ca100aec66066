"""Looks at everything a release needs before a number is taken: every problem in one message."""

import json
import os
from collections.abc import Iterable, Mapping
from copy import copy

from stagecraft.app import host_checks
from stagecraft.app.hands import Hands
from stagecraft.app.opened import Opened
from stagecraft.app.where import Where
from stagecraft.compose import public
from stagecraft.compose.definition import dropped
from stagecraft.compose.use import inputs_of
from stagecraft.errors import StagecraftError, UnavailableError
from stagecraft.model.checked import Checked
from stagecraft.model.phase import Phase
from stagecraft.model.plan import Plan
from stagecraft.model.step import Build
from stagecraft.runtime.docker import EngineInfo
from stagecraft.runtime.images import printed_by_bake
from stagecraft.runtime.local_registry import CARRIED, LocalRegistry
from stagecraft.runtime.registry import registry_problem
from stagecraft.runtime.secrets import resolve
from stagecraft.runtime.together import together

_CLOCK_SECONDS = 60
"""How far a host's clock may be off."""


class Preflight:
    """One look at the world on behalf of one plan; `values` are today's secrets once `check` has passed."""

    def __init__(self, where: Where, here: Opened, hands: Hands, plan: Plan, *, whole: bool = False) -> None:
        """`whole`: look at everything on every host, also where nothing changes."""
        self._whole = whole
        self._builds_for = ""
        """The platform of this machine's engine, where images are built; empty if none are."""
        self._where = where
        self._here = here
        self._hands = hands
        self._plan = plan
        self._hints: list[str] = []
        self._engines: dict[str, EngineInfo] = {}
        """What the engines that answer say of themselves, by host."""
        self.values: dict[str, str] = {}

    def check(self) -> None:
        """Raise UnavailableError that names every problem of every host."""
        if problem := self.verdict(self.checks()):
            raise problem
        self.mask()

    def checks(self) -> tuple[Checked, ...]:
        """Look at everything and return what was found, in the order it was looked at."""
        found = [
            Checked(what="secrets", problems=tuple(self.secrets())),
            Checked(what="files", problems=tuple(self.files())),
            Checked(what="compose", problems=self._old("", "Compose", self._plan.compose_version)),
            *self._reached(),
            Checked(what="builder", problems=tuple(self._builder())),
            self._registry(),
        ]
        for checks, hints in together(self._engines, self._beside):
            found += checks
            self._hints += hints
        return tuple(found)

    def verdict(self, checks: Iterable[Checked]) -> UnavailableError | None:
        """Return the error that names every problem found; None if there is none."""
        problems = [problem for check in checks for problem in check.problems]
        hint = "; ".join(dict.fromkeys(self._hints))
        return UnavailableError(listed(problems), hint=hint) if problems else None

    def reach(self) -> None:
        """Make sure that every engine answers. Raises UnavailableError that names those that do not."""
        if problem := self.verdict(self._reached()):
            raise problem

    def secrets(self) -> list[str]:
        """Resolve the secrets the plan needs; return what is missing."""
        project = self._here.loaded.project
        try:
            self.values = resolve(
                project.secrets,
                self._plan.secrets,
                self._where.environ,
                self._here.folder,
                self._hands.processes,
            )
        except UnavailableError as missing:
            self._hints.append(missing.hint)
            return [missing.message]
        return []

    def files(self) -> list[str]:
        """Return which files that are read at the moment of use are not there."""
        inputs = [one for text in self._plan.texts.values() for one in inputs_of(text).values()]
        needed = {file.path for one in inputs for file in one.env_files if file.required}
        needed |= {path for one in inputs for path in one.secret_files}
        return [
            f"`{path}` is not there" for path in sorted(needed) if not (self._here.folder / path).is_file()
        ]

    def images(self) -> list[str]:
        """Return which images are neither on their host nor to be had, those built by the plan left out."""
        return [problem for host in self._engines for problem in self._images(host)]

    def _images(self, host: str) -> list[str]:
        built = set(self._plan.builds.values())
        return [
            f"{self._on(host)}image `{image}` is neither here nor in its registry"
            for image in sorted(set(public.images(self._text(host)).values()) - built)
            if not self._is_to_be_had(host, image)
        ]

    def _is_to_be_had(self, host: str, image: str) -> bool:
        if self._hands.engines.of(host).image(image):
            return True
        if image.startswith("sha256:"):
            return self._hands.engines.remote and self._hands.docker.image(image) is not None
        own = self._hands.engines.registry
        if own and image.startswith(f"localhost:{own.port}/"):
            return bool(own.way) and own.has(image)
        return self._hands.docker.run(("buildx", "imagetools", "inspect", "--raw", image)).code == 0

    def _reached(self) -> list[Checked]:
        """Return which engines answer; remember what they say of themselves."""
        failures: dict[str, StagecraftError] = dict(self._hands.engines.connect())
        asked = [host for host in self._plan.hosts if host not in failures]
        for host, answer in zip(asked, together(asked, self._info), strict=True):
            if isinstance(answer, EngineInfo):
                self._engines[host] = answer
            else:
                failures[host] = answer
        self._hints += [failure.hint for failure in failures.values()]
        twins = host_checks.same_machine(
            {host: facts for host in self._engines if (facts := self._hands.engines.facts(host))}
        )
        self._hints += ["name each machine once: give it both roles"] if twins else []
        told = {host: (f"{self._on(host)}{failure.message}",) for host, failure in failures.items()}
        reached = [
            Checked(host=host, what="reachable", problems=told.get(host, ())) for host in self._plan.hosts
        ]
        return [*reached, *(Checked(what="machines", problems=(twin,)) for twin in twins)]

    def _info(self, host: str) -> EngineInfo | UnavailableError:
        try:
            return self._hands.engines.of(host).info()
        except UnavailableError as gone:
            return gone

    def _beside(self, host: str) -> tuple[list[Checked], list[str]]:
        """Look at one host while others are looked at; hints come back, so that their order is the hosts'."""
        own = copy(self)
        own._hints = []  # noqa: SLF001 - one of its own kind
        return own._on_host(host), own._hints  # noqa: SLF001

    def _on_host(self, host: str) -> list[Checked]:
        looks: dict[str, Iterable[str]] = {
            "engine": self._old(self._on(host), "engine", self._engines[host].version),
            "platform": self._platforms(host, self._engines[host]),
            "clock": self._clock(host),
            "disk": self._disk(host),
        }
        if self._whole or not self._settled(host):
            looks["ports"] = self._ports(host)
            looks["registry"] = self._registry_from(host)
            looks["images"] = self._images(host)
        return [Checked(host=host, what=what, problems=tuple(found)) for what, found in looks.items()]

    def _old(self, on: str, what: str, version: str) -> tuple[str, ...]:
        found = tuple(f"{on}{problem}" for problem in host_checks.too_old(what, version))
        self._hints += [f"install a newer {what}"] if found else []
        return found

    def _settled(self, host: str) -> bool:
        """Return whether a host over SSH keeps its text: ports and images were looked at when it got it."""
        plan = self._plan
        return self._hands.engines.remote and bool(plan.base) and not plan.hosts[host].difference

    def _disk(self, host: str) -> list[str]:
        facts = self._hands.engines.facts(host)
        if not facts or not (problem := host_checks.disk(facts, self._engines[host].root)):
            return []
        self._hints.append("make room for images and logs: `docker system df` says what takes it")
        return [f"{self._on(host)}{problem}"]

    def _registry_from(self, host: str) -> list[str]:
        """Return whether the registry answers the engine of a host; who may pull is found out by pulling."""
        if self._hands.engines.registry:
            return self._port_of_registry(host)
        registry = self._here.registry
        mine = [image for image in public.images(self._text(host)).values() if registry]
        asked = next((image for image in sorted(mine) if image.startswith(f"{registry}/")), None)
        if not asked or not self._hands.engines.remote:
            return []
        if self._hands.engines.of(host).registry_answers(asked):
            return []
        self._hints.append("can that host reach the registry? firewall, name, `insecure-registries`")
        return [f"{self._on(host)}registry `{asked.partition('/')[0]}` does not answer its engine"]

    def _port_of_registry(self, host: str) -> list[str]:
        """Return whether the port that is to lead to the run's own registry is taken on a host."""
        facts, own = self._hands.engines.facts(host), self._hands.engines.registry
        if not self._whole or not facts or not own or not own.way or own.port not in facts.tcp_ports():
            return []
        self._hints.append("wait for the run that has it, or set `registry: {local: PORT}`")
        return [f"{self._on(host)}port {own.port} is taken, by another run or something else"]

    def _clock(self, host: str) -> list[str]:
        facts = self._hands.engines.facts(host)
        if facts is None or abs(facts.clock_ahead) < _CLOCK_SECONDS:
            return []
        self._hints.append("set the host's clock: logs and certificates depend on it")
        return [f"{self._on(host)}its clock is {facts.clock_ahead:+.0f} s off"]

    def _text(self, host: str) -> str:
        return self._plan.texts[self._plan.hosts[host].text]

    def _on(self, host: str) -> str:
        return f"{host}: " if self._hands.engines.remote else ""

    def _registry(self) -> Checked:
        if own := self._hands.engines.registry:
            return self._own_registry(own)
        registry = self._here.registry
        if not registry or not self._plan.of(Phase.PUSH) or not (problem := registry_problem(registry)):
            return Checked(what="registry")
        self._hints.append("start the registry, or check `registry:`")
        return Checked(what="registry", problems=(problem,))

    def _own_registry(self, own: LocalRegistry) -> Checked:
        """Return what serves images. A run looks at ports under the lock: its holder may have them."""
        problem = own.problem() if self._whole else ""
        self._hints += ["wait for the run that has it, or set `registry: {local: PORT}`"] if problem else []
        note = f"during a run, {own.way} at `localhost:{own.port}`" if own.way else CARRIED
        return Checked(what="registry", problems=(problem,) if problem else (), note=note)

    def _builder(self) -> list[str]:
        """Return what this machine's buildx cannot build: older versions leave keys out without a word."""
        steps = [step for step in self._plan.steps if isinstance(step, Build)]
        if steps and (self._hands.engines.remote or not self._engines):
            try:
                self._builds_for = self._hands.docker.info().platform
            except UnavailableError as gone:
                self._hints.append(gone.hint)
                return [gone.message] if self._hands.engines.remote else []
        if steps and self._hands.docker.run(("buildx", "version")).code != 0:
            self._hints.append(
                "install the buildx plug-in, or release images built elsewhere (`--skip-build`)"
            )
            return ["`docker buildx` is not installed"]
        problems = []
        for step in steps:
            printed = printed_by_bake(self._hands.docker, step.definition, self._here.folder, self.values)
            if printed.code != 0:
                problems += [f"`docker buildx bake` refuses the build: {' '.join(printed.tail[-1:])}"]
                continue
            problems += [
                f"this `docker buildx` does not know `{key}` of the build"
                for key in dropped(step.definition, printed.stdout)
            ]
        if problems:
            self._hints.append("install a newer buildx plug-in")
        return problems

    def _platforms(self, host: str, info: EngineInfo) -> list[str]:
        return [
            f"{self._on(host)}service `{name}` is for `{platform}`, but the engine runs `{info.platform}`"
            for name, platform in sorted(public.platforms(self._text(host)).items())
            if platform.split("/")[:2] != info.platform.split("/")
        ] + [f"{self._on(host)}{problem}" for problem in self._foreign(host, info)]

    def _foreign(self, host: str, info: EngineInfo) -> tuple[str, ...]:
        """Return which images are built for another platform than the host's."""
        text, built = self._text(host), set(self._plan.builds.values())
        mine = {name for name, image in public.images(text).items() if image in built}
        found = host_checks.foreign(mine - set(public.platforms(text)), self._builds_for, info.platform)
        self._hints += ["build for it: `platform:` at the service"] if found else []
        return found

    def _ports(self, host: str) -> list[str]:
        project = self._here.environment.compose_project
        published = self._hands.engines.of(host).published_ports()
        others = [port for port in published if port.project != project]
        problems = []
        services = public.images(self._text(host))
        for wanted in public.ports(self._text(host)):
            for other in others:
                if not _clash(wanted, other.address, other.port, other.protocol):
                    continue
                owner = f"Compose project `{other.project}`" if other.project else "another container"
                problems.append(
                    f"{self._on(host)}port {wanted.port} of service `{wanted.service}` belongs to {owner}"
                )
                if other.project and other.service in services:
                    self._hints.append(
                        f"`compose_project: {other.project}` adopts what runs there, with its volumes"
                    )
        return list(dict.fromkeys(problems))

    def mask(self) -> None:
        """Teach the redactor what `env_file`s and secret files supply: secret too, whatever it is."""
        for text in self._plan.texts.values():
            inputs = inputs_of(text).values()
            if any(one.env_files for one in inputs):
                self._hands.redactor.add(public.hidden(text, self._resolved(text)))
            for path in {path for one in inputs for path in one.secret_files}:
                content = (self._here.folder / path).read_text(encoding="utf-8", errors="replace").strip()
                self._hands.redactor.add({os.path.basename(path): content})  # noqa: PTH119 - a name, no path

    def _resolved(self, text: str) -> Mapping[str, object]:
        """Return what Compose makes of a text with today's values; stays in memory."""
        values = {**self._plan.variables, **self.values, "STAGECRAFT_FILES": "/"}
        command = ("compose", f"--project-directory={self._here.folder}", f"--env-file={os.devnull}")
        finished = self._hands.docker.run(
            (*command, "--file=-", "config", "--format=json"),
            values=values,
            cwd=self._here.folder,
            stdin=text,
        )
        if finished.code != 0:
            raise UnavailableError(
                "Compose cannot read the values of the `env_file`s: " + " ".join(finished.tail[-1:]),
                hint="check the files that the plan says are read at the moment of use",
            )
        resolved: Mapping[str, object] = json.loads(finished.stdout)
        return resolved


def listed(problems: Iterable[str]) -> str:
    """Return one sentence for one problem, a list for several."""
    found = list(problems)
    if len(found) == 1:
        return found[0]
    return f"{len(found)} problems, nothing was touched:\n" + "\n".join(f"  - {one}" for one in found)


def _clash(wanted: public.Port, address: str, port: int, protocol: str) -> bool:
    everywhere = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound
    same = wanted.address == address or wanted.address in everywhere or address in everywhere
    return same and (wanted.port, wanted.protocol) == (port, protocol)
