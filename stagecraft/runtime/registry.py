"""Whether a registry answers at all, before anything depends on it."""

import http.client
import ssl
from collections.abc import Iterator

_SECONDS = 5.0


def registry_problem(registry: str) -> str:
    """Return why nothing answers at `registry` (`host[:port]/path`), or an empty string.

    Any HTTP answer counts, 401 too: who may push is found out by pushing. Plain HTTP is tried where the
    engine would try it: on loopback, and elsewhere after HTTPS (`insecure-registries`).
    """
    address = registry.partition("/")[0]
    if "." not in address and ":" not in address and address != "localhost":
        return ""  # a Docker Hub namespace
    reasons: list[str] = []
    for connection in _connections(address):
        try:
            connection.request("GET", "/v2/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            reasons.append(getattr(error, "strerror", "") or type(error).__name__)
        else:
            return ""
        finally:
            connection.close()
    return f"registry `{address}` does not answer: {reasons[0].lower()}"


def _connections(address: str) -> Iterator[http.client.HTTPConnection]:
    host = address.rpartition(":")[0] or address
    if host not in ("localhost", "[::1]") and not host.startswith("127."):
        yield http.client.HTTPSConnection(address, timeout=_SECONDS, context=ssl.create_default_context())
    yield http.client.HTTPConnection(address, timeout=_SECONDS)
