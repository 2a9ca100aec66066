"""Caddy, driven through its admin interface: for people who want automatic HTTPS.

A switch loads the file's own configuration with other upstreams, and Caddy answers once it runs with it, but
before its servers of before have let go of their clients (hence `settles`). The old upstreams stay behind a
matcher that never matches, so that their requests in flight can be counted. What would change nothing is not
loaded (Caddy itself leaves an identical configuration alone), because a load that has an effect closes the
idle connections and the WebSockets of clients (spec/facts.md, Caddy).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from stagecraft.ingress import caddy_file
from stagecraft.ingress.caddy_admin import answers, load, questions
from stagecraft.ingress.caddy_config import gone, is_current, led, places, state, targets, upstreams
from stagecraft.model.ingress import Duty, Ingress, Share, Traffic, Upstream, reduced

_CONFIG_HOME = "/config"
"""`XDG_CONFIG_HOME` of the official image, where `--resume` finds what was loaded last."""


class Caddy:
    """Caddy 2.6 and later."""

    file = "/etc/caddy/Caddyfile"
    port = 2019
    settles = 1.0

    def render(self, ingress: Ingress, include: str) -> str:
        """Return the routes as a snippet, and the user's part, which imports it, or plain sites."""
        return caddy_file.text(ingress, include)

    def notes(self, ingress: Ingress, service: Mapping[str, Any]) -> tuple[str, ...]:
        """Return that clients who keep a connection notice a switch, and if a new start forgets it."""
        who = f"`{ingress.service}` is Caddy"
        closes = f"{who}: each switch reloads it, which closes idle kept connections and WebSockets"
        if not (when := _forgets(service)):
            return (closes,)
        forgets = (
            f"{who}: {when} forgets who serves, and leads to every container of a service until the next"
            " rollout; `caddy run --resume`, with `XDG_CONFIG_HOME` on a volume, keeps it"
        )
        return closes, forgets

    def question(self, ingress: Ingress) -> str:
        """Return the requests for what the file means, what is loaded, and what is in flight."""
        return questions(ingress.file or self.file)

    def upstreams(self, ingress: Ingress, reply: str) -> tuple[Upstream, ...]:
        """Return where the routes lead; if another file is loaded, only that they do not lead there yet.

        Raises ValueError.
        """
        found, known = state(reply), targets(ingress)
        current, leaving = is_current(found, ingress), gone(found.loaded)
        result = []
        for target, at in places(found.file, ingress).items():
            dials = upstreams(found.loaded, at[0]) if current else {target: 1}
            told = [(dial, Duty.STANDS_BY if dial == target else Duty.SERVES, n) for dial, n in dials.items()]
            told += [(dial, Duty.DRAINS, 1) for dial in leaving.get(target, ())]
            service, port = known[target]
            result += [
                Upstream(
                    service=service,
                    port=port,
                    address=dial.rpartition(":")[0],
                    duty=duty,
                    weight=weight,
                    in_flight=found.in_flight.get(dial, 0),
                )
                for dial, duty, weight in told
            ]
        return tuple(result)

    def switch(self, ingress: Ingress, reply: str, traffic: Traffic) -> str:
        """Return the load that leads the requests of each service in `traffic` to its containers only.

        Raises ValueError: the file does not lead to a target.
        """
        found = state(reply)
        reached = places(found.file, ingress)
        for service in traffic:
            for port in ingress.ports(service):
                if f"{service}:{port}" not in reached:
                    raise ValueError(f"its configuration leads nowhere to `{service}:{port}`")
        serving = {
            f"{service}:{port}": _dialled(shares, port)
            for service, shares in traffic.items()
            for port in ingress.ports(service)
        }
        leaving = gone(found.loaded)
        if is_current(found, ingress):
            for target, at in reached.items():
                before = upstreams(found.loaded, at[0])
                after = serving.setdefault(target, before)
                old = [dial for dial in leaving.get(target, ()) if found.in_flight.get(dial)]
                leaving[target] = sorted({*old, *before} - after.keys())
        return load(led(found.file, ingress, serving, leaving))

    def refusal(self, ingress: Ingress, reply: str, traffic: Traffic) -> str:  # noqa: ARG002 - as the protocol
        """Return why it did not load what it was told to; empty if it did."""
        try:
            last = answers(reply)[-1]
        except (ValueError, IndexError):
            return "its admin interface did not answer"
        return "" if last.status == 200 else last.body.strip() or f"it answered {last.status}"


def _dialled(shares: Sequence[Share], port: int) -> dict[str, int]:
    """Return how often each container is written: a weight, as far as Caddy before 2.8 knows one."""
    return reduced({f"{share.container}:{port}": share.weight for share in shares})


def _forgets(service: Mapping[str, Any]) -> str:
    """Return when the proxy of this definition forgets what it was told last; empty if never."""
    command = service.get("command") or ()
    if "--resume" not in (command.split() if isinstance(command, str) else command):
        return "a restart"
    home = str((service.get("environment") or {}).get("XDG_CONFIG_HOME", _CONFIG_HOME))
    kept = (str(mount.get("target", "")).rstrip("/") for mount in service.get("volumes") or ())
    return "" if any(home == at or home.startswith(f"{at}/") for at in kept) else "a new container"
