"""The `notify:` list of `stagecraft.yml`: whom to tell of a release, and how (spec/notices.md)."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from stagecraft.config.durations import Duration
from stagecraft.config.names import Matches, MisplacedError, VariableName
from stagecraft.config.own import Own, OwnCommand, listed
from stagecraft.model.frozen import Frozen
from stagecraft.model.notice import NoticeEvent, NoticeFormat

PlainUrl = Annotated[
    str,
    Matches(
        r"https?://[^\s/@]+(?:/[^\s]*)?",
        "`http://` or `https://` with a host and no user, or `{secret: NAME}`",
    ),
]


class SecretUrl(Frozen):
    """A URL that nobody is to read: most webhooks need nothing else to be written to."""

    secret: VariableName = Field(description="Name of the declared secret that is the URL.")


def _way(value: object) -> str:
    return "text" if isinstance(value, str) else "secret"


Url = Annotated[Annotated[PlainUrl, Tag("text")] | Annotated[SecretUrl, Tag("secret")], Discriminator(_way)]
"""A URL in the clear, or the name of the secret that is one."""


class _Target(Own):
    """What everybody who is told says."""

    on: tuple[NoticeEvent, ...] = Field(
        default=tuple(NoticeEvent), min_length=1, description="What to tell. Default: everything."
    )
    timeout: Duration = Field(
        default=5.0, description="How long telling may take, all tries together; never waited for longer."
    )


class WebhookTarget(_Target):
    """A URL that takes a POST."""

    type: Literal["webhook"] = Field(description="Send a POST to a URL.")
    url: Url = Field(description="Where to send it; `{secret: NAME}` if it is a secret.")
    format: NoticeFormat = Field(
        default=NoticeFormat.JSON, description="Shape of the body: json, slack, discord or teams."
    )

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the names of the secrets it needs."""
        return (self.url.secret,) if isinstance(self.url, SecretUrl) else ()


class CommandTarget(_Target):
    """A program that gets the notice on standard input."""

    type: Literal["command"] = Field(description="Run a program.")
    command: OwnCommand = Field(
        description="Program and arguments, run without a shell; the notice as JSON is its standard input."
    )

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the names of the secrets it needs."""
        return self.secrets


Target = Annotated[WebhookTarget | CommandTarget, Field(discriminator="type")]
"""One entry of the list; `type` says which."""


def check_urls(targets: tuple[Target, ...], secrets: frozenset[str]) -> None:
    """Raise MisplacedError for a URL that is no declared secret."""
    for index, target in enumerate(targets):
        for name in target.needs if isinstance(target, WebhookTarget) else ():
            if name not in secrets:
                words = f"names no secret that is declared under `secrets`: {listed(secrets)}"
                raise MisplacedError(words, "notify", index, "url", "secret")
