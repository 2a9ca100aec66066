"""A record as bytes, and back: sorted JSON with a checksum on the second line (spec/store.md, "A record").

The layout is fixed, so what a list needs is cut out of the bytes without parsing the rest.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stagecraft.errors import StoreError
from stagecraft.model.header import Header

if TYPE_CHECKING:
    from stagecraft.model.release import Release

SCHEMA = 1

_CHECKSUM = re.compile(rb'\A\{\n  "checksum": "sha256:([0-9a-f]{64})",\n')
_START = b'  "header": '
_MIDDLE = re.compile(rb',\n  "number": (\d+),\n  "owner": "([^"\n]*)",\n  "release": ')
_REVISION = re.compile(rb',\n  "revision": (\d+)\Z')
_SCHEMA = re.compile(rb',\n  "schema": (\d+)\n\}\n\Z')


class DamagedError(Exception):
    """The bytes are not the record they should be; the text says why."""


@dataclass(frozen=True)
class Sealed:
    """A record whose checksum is right, with what is cheap to know about it."""

    raw: bytes
    number: int
    owner: str
    revision: int
    header: Header
    body: bytes
    """The JSON of the whole release."""

    def release(self) -> "Release":
        """Parse the whole release. Raises StoreError if this version cannot."""
        return _release(self.body, self.number)


def encode(release: "Release", revision: int, owner: str) -> bytes:
    """Return the record's bytes; the same arguments give the same bytes."""
    content = {
        "header": release.header().document(),
        "number": release.number,
        "owner": owner,
        "release": release.model_dump(mode="json"),
        "revision": revision,
        "schema": SCHEMA,
    }
    text = json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    # A lone surrogate (from output that is not UTF-8) has no place in JSON: it becomes a question mark.
    plain = (text + "\n").encode("utf-8", "replace")
    checksum = hashlib.sha256(plain).hexdigest()
    return b'{\n  "checksum": "sha256:%s",\n' % checksum.encode() + plain[2:]


def decode(raw: bytes, environment: str, number: int) -> Sealed:
    """Check the bytes and take them apart.

    Raises DamagedError, or StoreError if they are intact but of a schema this version does not know.
    """
    rest = _checked(raw)
    schema = _SCHEMA.search(rest)
    if not schema:
        raise DamagedError("it is not a release record")
    if int(schema[1]) > SCHEMA:
        raise StoreError(
            f"`{environment}-{number}` was written by a newer Stagecraft (schema {int(schema[1])})",
            hint="use the version that wrote it, or a later one",
        )
    middle = _MIDDLE.search(rest)
    revision = _REVISION.search(rest, max(0, schema.start() - 40), schema.start())
    if not middle or not revision or not rest.startswith(_START):
        raise DamagedError("it is not a release record")
    body = rest[middle.end() : revision.start()]
    header = _header(rest[len(_START) : middle.start()], body, number)
    if (header.environment, header.number, int(middle[1])) != (environment, number, number):
        raise DamagedError(f"it is the record of `{header.id}`")
    return Sealed(raw, number, middle[2].decode(), int(revision[1]), header, body)


def _checked(raw: bytes) -> bytes:
    """Return what follows the checksum's line."""
    line = _CHECKSUM.match(raw)
    if not line:
        raise DamagedError("it is empty" if not raw else "it has no checksum")
    rest = raw[line.end() :]
    digest = hashlib.sha256(b"{\n")
    digest.update(rest)
    if digest.hexdigest().encode() != line[1]:
        raise DamagedError("its checksum is wrong")
    return rest


def _header(text: bytes, body: bytes, number: int) -> Header:
    """Parse the header; one that another version wrote with other fields is made from the release again."""
    try:
        return Header.of(json.loads(text))
    except (ValueError, TypeError, KeyError):
        return _release(body, number).header()


def _release(body: bytes, number: int) -> "Release":
    from pydantic import ValidationError  # noqa: PLC0415 - lists need headers only

    from stagecraft.model.release import Release  # noqa: PLC0415

    try:
        return Release.model_validate_json(body)
    except ValidationError as error:
        raise StoreError(
            f"the record of release {number} is intact but this version cannot read it:"
            f" {error.errors()[0]['loc']}: {error.errors()[0]['msg']}",
            hint="use the version of Stagecraft that wrote it, or a later one",
        ) from error
