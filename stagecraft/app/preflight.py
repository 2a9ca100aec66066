"""Looks at everything a release needs before a number is taken: every problem in one message."""

import json
import os
from collections.abc import Iterable, Mapping

from stagecraft.app.hands import Hands
from stagecraft.app.opened import Opened
from stagecraft.app.requests import Where
from stagecraft.compose import public
from stagecraft.compose.definition import dropped
from stagecraft.compose.use import inputs_of
from stagecraft.errors import UnavailableError
from stagecraft.model.phase import Phase
from stagecraft.model.plan import Plan
from stagecraft.model.step import Build
from stagecraft.runtime.docker import EngineInfo
from stagecraft.runtime.images import printed_by_bake
from stagecraft.runtime.registry import registry_problem
from stagecraft.runtime.secrets import resolve


class Preflight:
    """One look at the world on behalf of one plan; `values` are today's secrets once `check` has passed."""

    def __init__(self, where: Where, here: Opened, hands: Hands, plan: Plan) -> None:
        self._where = where
        self._here = here
        self._hands = hands
        self._plan = plan
        self._hints: list[str] = []
        self.values: dict[str, str] = {}

    def check(self) -> None:
        """Raise UnavailableError that names every problem."""
        problems = [*self.secrets(), *self.files()]
        info = self._engine(problems)
        if info is not None:
            problems += [*self._platforms(info), *self._ports(), *self._builder(), *self.images()]
        problems += self._registry()
        if problems:
            raise UnavailableError(listed(problems), hint="; ".join(dict.fromkeys(self._hints)))
        self.mask()

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
        """Return which images are neither on the engine nor to be had, those built by the plan left out."""
        built = set(self._plan.builds.values())
        used = {image for text in self._plan.texts.values() for image in public.images(text).values()}
        return [
            f"image `{image}` is neither here nor in its registry"
            for image in sorted(used - built)
            if not self._is_to_be_had(image)
        ]

    def _is_to_be_had(self, image: str) -> bool:
        docker = self._hands.docker
        if docker.image(image):
            return True
        if image.startswith("sha256:"):
            return False
        return docker.run(("buildx", "imagetools", "inspect", "--raw", image)).code == 0

    def _engine(self, problems: list[str]) -> EngineInfo | None:
        try:
            return self._hands.docker.info()
        except UnavailableError as gone:
            problems.append(gone.message)
            self._hints.append(gone.hint)
            return None

    def _registry(self) -> list[str]:
        registry = self._here.loaded.project.registry
        if not registry or not self._plan.of(Phase.PUSH) or not (problem := registry_problem(registry)):
            return []
        self._hints.append("start the registry, or check `registry:`")
        return [problem]

    def _builder(self) -> list[str]:
        """Return what this machine's buildx cannot build: older versions leave keys out without a word."""
        steps = [step for step in self._plan.steps if isinstance(step, Build)]
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

    def _platforms(self, info: EngineInfo) -> list[str]:
        wanted = {
            name: platform
            for text in self._plan.texts.values()
            for name, platform in public.platforms(text).items()
        }
        return [
            f"service `{name}` is for `{platform}`, but the engine runs `{info.platform}`"
            for name, platform in sorted(wanted.items())
            if platform.split("/")[:2] != info.platform.split("/")
        ]

    def _ports(self) -> list[str]:
        project = self._here.environment.compose_project
        others = [port for port in self._hands.docker.published_ports() if port.project != project]
        problems = []
        for text in self._plan.texts.values():
            services = public.images(text)
            for wanted in public.ports(text):
                for other in others:
                    if _clash(wanted, other.address, other.port, other.protocol):
                        owner = f"Compose project `{other.project}`" if other.project else "another container"
                        problems.append(
                            f"port {wanted.port} of service `{wanted.service}` belongs to {owner}"
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
