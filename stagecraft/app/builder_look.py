"""A look at what builds and keeps the images: this machine's buildx, and the registry."""

from collections.abc import Iterator, Mapping

from stagecraft.app.look import PORT_TAKEN, Look
from stagecraft.compose.definition import dropped
from stagecraft.errors import UnavailableError
from stagecraft.model.checked import Checked
from stagecraft.model.phase import Phase
from stagecraft.model.step import Build
from stagecraft.runtime.images import printed_by_bake
from stagecraft.runtime.local_registry import CARRIED, LocalRegistry
from stagecraft.runtime.registry import registry_problem


class BuilderLook:
    """`platform` is that of this machine's engine, where images are built; empty if none are."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.platform = ""

    def registry(self) -> Checked:
        """Return whether the registry answers, if anything is pushed; of a run's own, what serves images."""
        look = self._look
        if own := look.hands.engines.registry:
            return self._own_registry(own)
        registry = look.here.registry
        if not registry or not look.plan.of(Phase.PUSH) or not (problem := registry_problem(registry)):
            return Checked(what="registry")
        look.hints.append("start the registry, or check `registry:`")
        return Checked(what="registry", problems=(problem,))

    def _own_registry(self, own: LocalRegistry) -> Checked:
        """Return what serves images. A run looks at ports under the lock: its holder may have them."""
        look = self._look
        problem = own.problem() if look.whole else ""
        look.hints.extend([PORT_TAKEN] if problem else [])
        note = f"during a run, {own.way} at `localhost:{own.port}`" if own.way else CARRIED
        return Checked(what="registry", problems=(problem,) if problem else (), note=note)

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
