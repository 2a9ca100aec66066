"""What every look of a preflight sees with, and the hints that the looks leave."""

from dataclasses import dataclass, field

from stagecraft.app.hands import Hands
from stagecraft.app.opened import Opened
from stagecraft.app.where import Where
from stagecraft.model.plan import Plan
from stagecraft.runtime.engine_info import EngineInfo

PORT_TAKEN = "wait for the run that has it, or set `registry: {local: PORT}`"
"""What to do about the port of the run's own registry."""


@dataclass(frozen=True)
class Look:
    """One look at the world on behalf of one plan."""

    where: Where
    here: Opened
    hands: Hands
    plan: Plan
    whole: bool = False
    """Look at everything on every host, also where nothing changes."""
    hints: list[str] = field(default_factory=list)
    """What to do about the problems found so far, in their order."""
    engines: dict[str, EngineInfo] = field(default_factory=dict)
    """What the engines that answer say of themselves, by host."""

    def text(self, host: str) -> str:
        """Return the Compose text a host is to run."""
        return self.plan.texts[self.plan.hosts[host].text]

    def on(self, host: str) -> str:
        """Return what a problem of a host begins with."""
        return f"{host}: " if self.hands.engines.remote else ""
