"""Whether a registry answers at all, before anything depends on it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http.client import HTTPConnection

_SECONDS = 5.0


def registry_problem(registry: str) -> str:
    """Return why nothing answers at `registry` (`host[:port]/path`), or an empty string.

    Any HTTP answer counts, 401 too: who may push is found out by pushing. Plain HTTP is tried where the
    engine would try it: on loopback, and elsewhere after HTTPS (`insecure-registries`).
    """
    from http.client import HTTPException  # noqa: PLC0415 - it brings TLS along

    address = registry.partition("/")[0]
    if "." not in address and ":" not in address and address != "localhost":
        return ""  # a Docker Hub namespace
    reasons: list[str] = []
    for connection in _connections(address):
        try:
            connection.request("GET", "/v2/")
            connection.getresponse().read()
        except (OSError, HTTPException) as error:
            reasons.append(getattr(error, "strerror", "") or type(error).__name__)
        else:
            return ""
        finally:
            connection.close()
    return f"registry `{address}` does not answer: {reasons[0].lower()}"


def _connections(address: str) -> Iterator["HTTPConnection"]:
    import ssl  # noqa: PLC0415
    from http.client import HTTPConnection, HTTPSConnection  # noqa: PLC0415

    host = address.rpartition(":")[0] or address
    if host not in ("localhost", "[::1]") and not host.startswith("127."):
        yield HTTPSConnection(address, timeout=_SECONDS, context=ssl.create_default_context())
    yield HTTPConnection(address, timeout=_SECONDS)
