"""HAProxy, driven through its runtime socket: no reload, so no client's connection is touched.

Every target has one backend with two kinds of servers. *Slots* are given containers at run time. Servers
found by *name*, through Docker's resolver, are backups: they serve while no slot does, so that a proxy that
was restarted, or finds all its slots gone, comes back right by itself (spec/ingress.md).
"""

from collections.abc import Mapping
from typing import Any

from stagecraft.ingress import haproxy_file
from stagecraft.ingress.haproxy_file import PREFIX
from stagecraft.ingress.haproxy_socket import STATE, commands, servers
from stagecraft.model.ingress import Duty, Ingress, Traffic, Upstream


class Haproxy:
    """HAProxy 2.6 and later."""

    file = "/usr/local/etc/haproxy/haproxy.cfg"
    port = 9901
    settles = 0.0

    def render(self, ingress: Ingress, include: str) -> str:
        """Return the user's part or a plain beginning, then the routes and the backends."""
        return haproxy_file.text(ingress, include, self.port)

    def notes(self, ingress: Ingress, service: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG002 - as the protocol
        """Return nothing: a switch touches no connection of a client."""
        return ()

    def question(self, ingress: Ingress) -> str:  # noqa: ARG002 - as the protocol has it
        """Return the commands that tell the state of every server and how many requests it has."""
        return f"{STATE}\n"

    def upstreams(self, ingress: Ingress, reply: str) -> tuple[Upstream, ...]:  # noqa: ARG002 - as the protocol
        """Return every server that has a part. Raises ValueError."""
        return tuple(
            Upstream(
                service=server.backend.rpartition(":")[0].removeprefix(PREFIX),
                port=int(server.backend.rpartition(":")[2]),
                address=server.address,
                duty=duty,
                weight=server.weight,
                in_flight=server.in_flight,
            )
            for server in servers(reply)
            if (duty := server.duty)
        )

    def switch(self, ingress: Ingress, reply: str, traffic: Traffic) -> str:
        """Return the commands that give slots to containers, and then let the other slots drain.

        Raises ValueError: there are more containers than slots, or the proxy has no such backend.
        """
        present = servers(reply)
        said = [
            command
            for service, shares in traffic.items()
            for port in ingress.ports(service)
            for command in commands(f"{PREFIX}{service}:{port}", port, shares, present)
        ]
        return ";".join([*said, STATE]) + "\n"

    def refusal(self, ingress: Ingress, reply: str, traffic: Traffic) -> str:
        """Return which service it does not lead to whom it was told: the reply ends with its state."""
        try:
            told = [each for each in self.upstreams(ingress, reply) if each.duty is Duty.SERVES]
        except ValueError as error:
            return str(error)
        for service, shares in traffic.items():
            serving = {(each.port, each.address, each.weight) for each in told if each.service == service}
            ports = ingress.ports(service)
            if serving != {(port, share.address, share.weight) for port in ports for share in shares}:
                return f"it did not take over what it was told about `{service}`"
        return ""
