"""The file Caddy is given: a snippet with the routes, and the user's part, which says where they go. Pure."""

import re
from collections.abc import Iterator

from stagecraft.errors import ConfigError
from stagecraft.ingress.precedence import precedence
from stagecraft.model.ingress import Ingress, Route

SNIPPET = "stagecraft"
"""What the user's part imports into each site that is to have the routes."""

_ADMIN = re.compile(r"(?m)^[ \t]*admin[ \t]+(?!localhost:2019[ \t]*$)")
_IMPORT = re.compile(rf"(?m)^[ \t]*import[ \t]+{SNIPPET}[ \t]*$")
_PROXY = """\
			reverse_proxy {service}:{port} {{
				lb_try_duration 5s
				lb_try_interval 100ms
{check}\
			}}
"""
_CHECK = """\
				health_uri {path}
				health_interval 1s
				health_timeout 5s
"""
_HOST = """\
				health_headers {{
					Host {host}
				}}
"""


def text(ingress: Ingress, include: str) -> str:
    """Return the snippet with the routes, and the user's part or a site for each host. Raises ConfigError.

    A snippet may stand before the global options, which are the user's.
    """
    if include:
        _check_include(include)
    routes = sorted(ingress.routes, key=precedence)
    handles = "".join(_handle(number, route) for number, route in enumerate(routes, 1))
    rest = include.rstrip() + "\n" if include else "\n".join(_sites(ingress))
    return f"({SNIPPET}) {{\n\troute {{\n{handles}\t}}\n}}\n\n{rest}"


def _check_include(text: str) -> None:
    if not _IMPORT.search(text):
        raise ConfigError(
            f"the file that `ingress.include` names does not say `import {SNIPPET}`",
            place="ingress.include",
            hint=f"put `import {SNIPPET}` into each site that is to have the routes",
        )
    if _ADMIN.search(text):
        raise ConfigError(
            "the file that `ingress.include` names moves Caddy's admin interface",
            place="ingress.include",
            hint="leave out `admin`: `localhost:2019` is what nothing outside of the container reaches",
        )


def _sites(ingress: Ingress) -> Iterator[str]:
    """Yield a site for the named hosts, with automatic HTTPS, and a plain one for requests to any host."""
    hosts = sorted({route.host for route in ingress.routes if route.host})
    for addresses in (", ".join(hosts), "" if all(route.host for route in ingress.routes) else ":80"):
        if addresses:
            yield f"{addresses} {{\n\timport {SNIPPET}\n\trespond 404\n}}\n"


def _handle(number: int, route: Route) -> str:
    conditions = [f"host {route.host}"] if route.host else []
    conditions += [f"path {route.path}"] if route.path else []
    name = f"@{SNIPPET}{number}"
    matcher = "".join(f"\t\t\t{condition}\n" for condition in conditions)
    check = _CHECK.format(path=route.health) if route.health else ""
    if check and route.host and not route.host.startswith("*"):
        check += _HOST.format(host=route.host)
    proxy = _PROXY.format(service=route.service, port=route.port, check=check)
    before = f"\t\t{name} {{\n{matcher}\t\t}}\n" if matcher else ""
    return f"{before}\t\thandle {name + ' ' if matcher else ''}{{\n{proxy}\t\t}}\n"
