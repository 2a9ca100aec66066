"""logs: what the containers write, as `Output` events."""

import math
from concurrent.futures import ThreadPoolExecutor

from stagecraft.app.hands import MakeHands
from stagecraft.app.requests import LogsRequest
from stagecraft.app.running import running
from stagecraft.app.where import Where
from stagecraft.engine.ports import Observer
from stagecraft.errors import StepFailedError
from stagecraft.model.observed import Container
from stagecraft.model.step import LOCAL


def run(where: Where, observer: Observer, request: LogsRequest, hands: MakeHands) -> None:
    """Tell the observer every line; returns at the end, with `follow` when the containers have ended.

    Raises ConfigError, UnavailableError.
    """
    follow = ("--follow",) if request.follow else ()
    with running(where, observer, request.env, request.host, hands) as now:

        def one(found: tuple[str, Container]) -> None:
            host, container = found
            source = container.name if host == LOCAL else f"{host} {container.name}"
            command = ("logs", *follow, f"--tail={request.tail}", container.id)
            now.hands.engines.of(host).run(command, deadline=math.inf, source=source)

        chosen = now.of(request.services)
        with ThreadPoolExecutor(max_workers=len(chosen)) as pool:
            try:
                list(pool.map(one, chosen))
            except StepFailedError:
                return  # ended from outside
            except BaseException:
                now.hands.stop()  # or leaving the pool would wait for containers to end
                raise
