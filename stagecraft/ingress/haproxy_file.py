"""The file HAProxy is given: the user's part, the routes, and a backend for each target. Pure."""

import re
from collections.abc import Iterator

from stagecraft.errors import ConfigError
from stagecraft.ingress.precedence import precedence
from stagecraft.model.ingress import Ingress, Route

SLOTS = 32
"""Servers of each kind a backend has, so that 16 replicas can be replaced all at once."""
PREFIX = "stagecraft:"
"""Begins the name of a backend: `stagecraft:web:8000`."""

_HEAD = """\
global
    fd-hard-limit 100000

defaults
    mode http
    option forwardfor
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    timeout http-request 10s

frontend ingress
    bind :80
"""
_TAIL = """
global
    stats socket ipv4@127.0.0.1:{port} level admin
    stats timeout 10s

resolvers stagecraft
    nameserver docker 127.0.0.11:53
    accepted_payload_size 8192
    timeout resolve 500ms
    timeout retry 500ms
    hold valid 500ms
    hold obsolete 0s
"""
_BACKEND = """
backend {name}
    mode http
    balance roundrobin
{check}\
    option redispatch 1
    retries 3
    option allbackups
    default-server check inter 1s fall 2 rise 1 weight 100
    server-template name {slots} {service}:{port} backup resolvers stagecraft init-addr libc,none
    server-template slot {slots} 127.0.0.1:{port} disabled
"""
_CHECK = """\
    option httpchk
    http-check send meth GET uri {path} ver HTTP/1.1 hdr Host {host}
"""
_SECTIONS = re.compile(
    r"(?m)^[ \t]*(global|defaults|frontend|listen|backend|resolvers|peers|userlist|mailers|program|ring"
    r"|http-errors|cache|fcgi-app|log-forward|crt-store)\b"
)
"""The words that begin a section (HAProxy 2.6 to 3.0, configuration manual, 2 and 3)."""


def text(ingress: Ingress, include: str, port: int) -> str:
    """Return the user's part or a plain beginning, the routes in its last frontend, and the backends.

    `port` is where the runtime socket listens, on loopback. Raises ConfigError.
    """
    if include:
        _check_include(include)
    head = include.rstrip() + "\n" if include else _HEAD
    rules = [f"    use_backend {_rule(route)}\n" for route in sorted(ingress.routes, key=precedence)]
    if include:
        rest = nowhere = ""
    else:
        rest = f"    default_backend {PREFIX}nowhere\n"
        nowhere = f"\nbackend {PREFIX}nowhere\n    http-request return status 404\n"
    return "".join([head, *rules, rest, _TAIL.format(port=port), nowhere, *_backends(ingress)])


def _check_include(text: str) -> None:
    sections = _SECTIONS.findall(text)
    if not sections or sections[-1] not in ("frontend", "listen"):
        last = f"ends in a section `{sections[-1]}`" if sections else "has no section"
        raise ConfigError(
            f"the file that `ingress.include` names {last}",
            place="ingress.include",
            hint="the routes follow its last line: end it with the `frontend` that is to have them",
        )


def _rule(route: Route) -> str:
    conditions = []
    if route.host.startswith("*"):
        conditions.append(f"{{ req.hdr(host),field(1,:),lower -m end {route.host[1:]} }}")
    elif route.host:
        conditions.append(f"{{ req.hdr(host),field(1,:),lower -m str {route.host} }}")
    if route.path.endswith("*"):
        conditions.append(f"{{ path -m beg {route.path[:-1]} }}")
    elif route.path:
        conditions.append(f"{{ path -m str {route.path} }}")
    condition = f" if {' '.join(conditions)}" if conditions else ""
    return f"{PREFIX}{route.service}:{route.port}{condition}"


def _backends(ingress: Ingress) -> Iterator[str]:
    targets: dict[tuple[str, int], Route] = {}
    for route in sorted(ingress.routes, key=lambda route: (route.service, route.port, not route.health)):
        targets.setdefault((route.service, route.port), route)
    for (service, port), route in targets.items():
        host = route.host.replace("*", "www") or service
        yield _BACKEND.format(
            name=f"{PREFIX}{service}:{port}",
            check=_CHECK.format(path=route.health, host=host) if route.health else "",
            slots=SLOTS,
            service=service,
            port=port,
        )
