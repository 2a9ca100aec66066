"""The `canary:` of an environment's `rollout`: a share of the requests first (spec/rollout.md, Canary)."""

from typing import Annotated

from pydantic import Field

from stagecraft.config.durations import Delay
from stagecraft.config.names import Matches, PlainText, ServiceName
from stagecraft.model.canary import Canary, CanaryCheck
from stagecraft.model.frozen import Frozen

Share = Annotated[str, Matches(r"[1-9][0-9]?%", "a share from `1%` to `99%`")]


class CanaryCheckKeys(Frozen):
    """The command that decides whether a new version is good."""

    service: ServiceName = Field(
        description="The service in whose container it runs: the new one, if it is that which is on trial."
    )
    command: Annotated[tuple[PlainText, ...], Field(min_length=1)] = Field(
        description="Program and arguments, run without a shell; exit code 0: go on."
    )


class CanaryKeys(Frozen):
    """A share of the requests for the new version first, and a check that decides."""

    weight: Share = Field(description="The share of a service's requests that its first new containers get.")
    hold: Delay = Field(description="How long they get it before the check.")
    check: CanaryCheckKeys = Field(description="What decides, once `hold` is over.")

    def canary(self) -> Canary:
        """Return it as a value."""
        check = CanaryCheck(service=self.check.service, command=self.check.command)
        return Canary(weight=int(self.weight.removesuffix("%")), hold=self.hold, check=check)
