"""The rules for names and texts in `stagecraft.yml`, each with the words said when it is broken."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class MisplacedError(ValueError):
    """A problem that is better shown at another key: `at` is the path to it from where it is raised."""

    def __init__(self, message: str, *at: str | int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True)
class Matches:
    """A text has to match `pattern` as a whole; `words` completes "`key` must be ..."."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check after the type's own validation."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Show the pattern to editors."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def check(self, value: str) -> str:
        """Return the value. Raises ValueError in plain words."""
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"must be {self.words}")
        return value


def _not_a_release(value: str) -> str:
    if re.fullmatch(r".*-[0-9]+", value):
        raise ValueError("must not end in a dash and digits: that is how releases are named")
    return value


def steers(name: str) -> bool:
    """Whether a variable of that name would steer the programs that Stagecraft runs."""
    return name.startswith(_STEERING_PREFIXES) or name in _STEERING


def _not_steering(value: str) -> str:
    if steers(value):
        raise ValueError("steers the programs that Stagecraft runs; choose another name")
    return value


def _relative(value: str) -> str:
    if value.startswith("/"):
        raise ValueError("must be relative to the folder of `stagecraft.yml`")
    return value


_STEERING_PREFIXES = ("COMPOSE_", "BUILDX_", "BUILDKIT_", "LD_", "DYLD_")
_STEERING = frozenset(
    {
        "PATH",
        "HOME",
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "DOCKER_CONFIG",
        "DOCKER_CERT_PATH",
        "DOCKER_TLS",
        "DOCKER_TLS_VERIFY",
        "DOCKER_API_VERSION",
        "DOCKER_AUTH_CONFIG",
        "DOCKER_BUILDKIT",
        "DOCKER_CONTENT_TRUST",
        "DOCKER_DEFAULT_PLATFORM",
    }
)

_SAYABLE = Matches(
    r"[a-z0-9][a-z0-9_-]{0,62}",
    "at most 63 lower-case letters, digits, `-` and `_`, beginning with a letter or digit",
)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?"

ProjectName = Annotated[str, _SAYABLE]
"""A Compose project name (Compose specification, "Version and name top-level elements")."""
EnvironmentName = Annotated[str, _SAYABLE, AfterValidator(_not_a_release)]
RoleName = Annotated[str, _SAYABLE]
ServiceName = Annotated[str, Matches(r"[a-zA-Z0-9._-]+", "the name of a Compose service")]
ProfileName = Annotated[str, Matches(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", "the name of a Compose profile")]
VariableName = Annotated[
    str,
    Matches(
        r"[A-Za-z_][A-Za-z0-9_]*", "a variable name: letters, digits and `_`, not beginning with a digit"
    ),
    AfterValidator(_not_steering),
]
CallerVariable = Annotated[str, Matches(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")]
Registry = Annotated[
    str,
    Matches(
        f"(?:{_HOST}|{_COMPONENT})(?:/{_COMPONENT})*",
        "like `registry.example.com/shop`: host, port and path, without scheme, user, tag or final `/`",
    ),
]
"""Where images go: the front part of a reference (distribution/reference, `name`)."""
RelativePath = Annotated[str, Matches(r"[^\x00\r\n]+", "the path of a file"), AfterValidator(_relative)]
PlainText = Annotated[str, Matches(r"[^\x00]+", "text that is not empty")]
