"""`stagecraft.inputs`: a label that tells whether what a service is given in secret has changed.

It shows on the container to whoever may inspect it, so it must not help in guessing a value: salted scrypt,
not a bare hash (RFC 7914). It is added at the moment of use and recorded nowhere (spec/rollout.md).
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping

_COST = {"n": 2**12, "r": 8, "p": 1, "dklen": 32}
"""4 MiB and 8 ms a label, measured; a guess costs as much."""

_SALT_BYTES = 16


def label(
    values: Mapping[str, bytes],
    observed: Iterable[str],
    service: str,
    new_salt: Callable[[int], str] = secrets.token_hex,
) -> str:
    """Return the label of `service` for what it is given today.

    `values` are the secret values and the contents of `env_file`s and `secrets.file`s it uses, by a name
    that does not depend on the machine. `observed` are the labels of its containers: one that verifies for
    `values` is returned as it is, so that unchanged values change nothing. Empty if it is given nothing.
    """
    if not values:
        return ""
    for candidate in sorted(set(observed)):
        salt, _, _ = candidate.partition(".")
        if hmac.compare_digest(candidate.encode(), _label(salt, values, service).encode()):
            return candidate
    return _label(new_salt(_SALT_BYTES), values, service)


def _label(salt: str, values: Mapping[str, bytes], service: str) -> str:
    digests = {name: hashlib.sha256(value).hexdigest() for name, value in values.items()}
    content = json.dumps([service, digests], sort_keys=True).encode()
    return f"{salt}.{hashlib.scrypt(content, salt=salt.encode(), **_COST).hex()}"
