"""One question to an engine that no `docker` command asks (Docker Engine API, over its socket)."""

import http.client
import socket

_SECONDS = 10.0
"""How long the engine may take, registries it asks included."""
_NO_LOGIN = b"no basic auth credentials"
"""What the engine says of a registry that answered, and wants to know who asks (distribution, `auth`)."""


def answer_code(address: str, path: str) -> int | None:
    """Return the HTTP status of a GET on the engine at `unix://...`; None if it does not answer in time.

    `/distribution/<image>/json` has the engine itself ask the registry: 500 if that does not answer, 200,
    401, 403 or 404 if it does (measured with engine 26.1). One that wants a login is 500 too, and only the
    text tells it from silence: that is 401 here (tests/e2e/test_host_login.py).
    """
    connection = _Connection(address.removeprefix("unix://"))
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return http.client.UNAUTHORIZED if _NO_LOGIN in response.read() else response.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
