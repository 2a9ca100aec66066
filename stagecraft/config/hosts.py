"""The hosts of an environment and how a release goes over them (spec/config.md, Hosts)."""

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from stagecraft.config.canary import CanaryKeys
from stagecraft.config.durations import Delay
from stagecraft.config.names import Matches, RoleName
from stagecraft.model.frozen import Frozen
from stagecraft.model.policy import OnFailure

_SHARE = Matches(r"[1-9][0-9]*%|all", "a number of hosts, a percentage such as `50%`, or `all`")


def _parallel(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a number of hosts, a percentage such as `50%`, or `all`")  # noqa: TRY004
    if isinstance(value, int):
        if value < 1:
            raise ValueError("must be at least 1")
        return str(value)
    if not value.isdecimal():
        _SHARE.check(value)
    return value


HostName = Annotated[
    str, Matches(r"[a-z0-9][a-z0-9.-]{0,62}", "lower-case letters, digits, `.` and `-`, at most 63")
]
Destination = Annotated[
    str,
    Matches(
        r"(?!-)[^\s]+",
        "what `ssh` takes: an alias, `user@host` or `ssh://user@host:port`",
    ),
]
Parallel = Annotated[
    str,
    BeforeValidator(_parallel),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}),
]


class Host(Frozen):
    """One host that runs Docker and is reached by SSH."""

    ssh: Destination = Field(
        description="Where it is, as `ssh` takes it: an alias, `user@host` or `ssh://user@host:port`."
    )
    roles: tuple[RoleName, ...] = Field(
        default=(), description="What it runs. Needed if `roles` are defined."
    )
    engine: Annotated[str, Matches(r"/.+", "an absolute path")] = Field(
        default="/var/run/docker.sock", description="The engine's socket on the host."
    )


class RolloutKeys(Frozen):
    """How a release goes over the hosts."""

    parallel: Parallel = Field(
        default="all", description="Hosts of a role at once: a number, a percentage, or all."
    )
    pause: Delay = Field(default=0.0, description="How long to wait between two waves.")
    on_failure: OnFailure = Field(
        default=OnFailure.REVERT,
        description="What happens when a host fails: revert (hosts that were switched go back), "
        "stop (the rest is not touched) or continue.",
    )
    canary: CanaryKeys | None = Field(
        default=None,
        description="A share of the requests for the new version first, and a check that decides.",
    )
