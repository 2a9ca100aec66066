"""A new version on trial: a share of the requests for a while, then a check decides (spec/rollout.md)."""

from stagecraft.model.frozen import Frozen


class CanaryCheck(Frozen):
    """A command that is run in a container, without a shell; exit code 0: the new version is good."""

    service: str
    command: tuple[str, ...]


class Canary(Frozen):
    """How the first new containers of a service behind the ingress have to prove themselves."""

    weight: int
    """Per cent of the service's requests that they get together."""
    hold: float
    """Seconds that they get them before the check."""
    check: CanaryCheck
