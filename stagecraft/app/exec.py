"""exec: a command in a container, with the caller's own terminal."""

from stagecraft.app.hands import MakeHands
from stagecraft.app.requests import ExecRequest
from stagecraft.app.running import running
from stagecraft.app.where import Where
from stagecraft.engine.ports import Observer
from stagecraft.errors import ConfigError
from stagecraft.runtime.foreground import foreground


def run(where: Where, observer: Observer, request: ExecRequest, hands: MakeHands) -> int:
    """Run the command and return its exit code. Raises ConfigError, UnavailableError."""
    with running(where, observer, request.env, request.host, hands) as now:
        running_ones = [one for one in now.of((request.service,)) if one[1].state == "running"]
        if not running_ones:
            raise ConfigError(
                f"no container of `{request.service}` is running",
                hint=f"`stagecraft status --env {now.environment}` says how it stands",
            )
        host, container = running_ones[0]
        terminal = "--interactive --tty" if request.terminal else "--interactive"
        command = ("docker", "exec", *terminal.split(), container.id, *request.command)
        return foreground(command, now.hands.engines.of(host).access.environment())
