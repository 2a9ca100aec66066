"""A look at what builds and keeps the images: this machine's buildx, and the registry."""

from collections.abc import Iterator, Mapping

from stagecraft.app.look import Look
from stagecraft.compose.definition import dropped
from stagecraft.errors import UnavailableError
from stagecraft.model.phase import Phase
from stagecraft.model.step import Build
from stagecraft.runtime.images import printed_by_bake
from stagecraft.runtime.registry import registry_problem


class BuilderLook:
    """`platform` is that of this machine's engine, where images are built; empty if none are."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.platform = ""

    def registry(self) -> list[str]:
        """Return whether the registry answers, if anything is pushed."""
        look = self._look
        registry = look.here.loaded.project.registry
        if not registry or not look.plan.of(Phase.PUSH) or not (problem := registry_problem(registry)):
            return []
        look.hints.append("start the registry, or check `registry:`")
        return [problem]

    def builder(self, values: Mapping[str, str]) -> list[str]:
        """Return what keeps this machine from building the plan's images with today's secret values."""
        look = self._look
        steps = [step for step in look.plan.steps if isinstance(step, Build)]
        if not steps:
            return []
        if look.hands.engines.remote or not look.engines:
            try:
                self.platform = look.hands.docker.info().platform
            except UnavailableError as gone:
                look.hints.append(gone.hint)
                return [gone.message] if look.hands.engines.remote else []
        if look.hands.docker.run(("buildx", "version")).code != 0:
            look.hints.append(
                "install the buildx plug-in, or release images built elsewhere (`--skip-build`)"
            )
            return ["`docker buildx` is not installed"]
        problems = [problem for step in steps for problem in self._not_carried(step, values)]
        if problems:
            look.hints.append("install a newer buildx plug-in")
        return problems

    def _not_carried(self, step: Build, values: Mapping[str, str]) -> Iterator[str]:
        """Yield what this machine's buildx cannot build: older versions leave keys out without a word."""
        look = self._look
        printed = printed_by_bake(look.hands.docker, step.definition, look.here.folder, values)
        if printed.code != 0:
            yield f"`docker buildx bake` refuses the build: {' '.join(printed.tail[-1:])}"
            return
        for key in dropped(step.definition, printed.stdout):
            yield f"this `docker buildx` does not know `{key}` of the build"
