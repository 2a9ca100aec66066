"""A service whose requests take 20 to 200 ms; `/wait/SECONDS` takes so long, `/up` no time."""

import os
import random
import time

PAGE = os.environ.get("GENERATION", "0").encode()


def app(environ, start_response):
    """Answer one request, after its body has been read."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path = environ["PATH_INFO"]
    if path.startswith("/wait/"):
        time.sleep(float(path.removeprefix("/wait/")))
    elif path != "/up":
        time.sleep(random.uniform(0.02, 0.2))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(PAGE)))])
    return [PAGE]
