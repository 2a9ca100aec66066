"""Which of several routes a request takes, whatever the kind of proxy. Pure."""

from stagecraft.model.ingress import Route


def precedence(route: Route) -> tuple[bool, bool, int, bool, int, str]:
    """Sort what is more particular to the front: a host before any, longer paths before shorter ones."""
    wild = route.host.startswith("*")
    exact = not route.path.endswith("*")
    return not route.host, wild, -len(route.host), not (route.path and exact), -len(route.path), str(route)
