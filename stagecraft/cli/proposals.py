"""What can stand at one place of a command line: decided from the commands themselves, for any shell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stagecraft.app.known import Kind

Offer = Callable[["Kind", str | None], Sequence[str]]
"""Returns the names of one kind, in one environment or in all."""
Proposal = tuple[str, str]
"""A word, and what it means (or nothing)."""

_KINDS: dict[str, "Kind"] = {
    "env": "environments",
    "host": "hosts",
    "recreate": "services",
    "service": "services",
    "image": "services",
    "to": "releases",
    "release": "releases",
    "a": "releases",
    "b": "releases",
}
"""Parameter -> what it takes."""


@dataclass
class Place:
    """Where on the line the cursor is."""

    command: Any
    typed: dict[str, str] = field(default_factory=dict)
    pending: Any = None
    """The option whose value comes next."""
    position: int = 0
    """How many arguments of the command there are already."""
    lost: bool = False
    """A word was no command: what follows it is not known."""
    at_root: bool = True

    def take(self, word: str) -> None:
        """Go on by one word."""
        if self.pending is not None:
            if word != "=":  # bash makes three words of `--env=prod`
                self.typed[self.pending.name] = word
                self.pending = None
        elif word.startswith("-"):
            name, equals, value = word.partition("=")
            option = options(self.command).get(name)
            if option is not None:
                self.typed[option.name] = value
                self.pending = None if equals or option.is_flag else option
        elif (inner := getattr(self.command, "commands", None)) is not None:
            self.lost = self.lost or word not in inner
            self.command = inner.get(word, self.command)
            self.at_root = False
        else:
            self.position += 1


def reached(root: Any, words: Sequence[str]) -> Place:
    """Return the place after `words`."""
    place = Place(root)
    for word in words:
        place.take(word)
    return place


def proposals(place: Place, last: str, offer: Offer) -> list[Proposal]:
    """Return what the word `last` can become there; nothing where only the shell knows (files)."""
    if place.lost:
        return []
    if last == "=" and place.pending is not None:
        last = ""
    return [found for found in _at(place, last, offer) if found[0].startswith(last)]


def options(command: Any) -> dict[str, Any]:
    """Return every option of a command by each of its spellings."""
    return {name: param for param in command.params for name in param.opts if name.startswith("-")}


def _at(place: Place, last: str, offer: Offer) -> Iterator[Proposal]:
    name, equals, _ = last.partition("=")
    if place.pending is not None:
        yield from _values(place.pending, place, offer)
    elif last.startswith("-") and equals and name in options(place.command):
        found = _values(options(place.command)[name], place, offer)
        yield from ((f"{name}={value}", text) for value, text in found)
    elif last.startswith("-"):
        yield from _options(place)
    elif (inner := getattr(place.command, "commands", None)) is not None:
        yield from ((name, _first(child.help)) for name, child in inner.items())
        if place.at_root:
            yield from ((alias, "alias") for alias in offer("aliases", None))
    else:
        arguments = [param for param in place.command.params if not param.opts[0].startswith("-")]
        yield from (
            found for param in arguments[place.position :][:1] for found in _values(param, place, offer)
        )


def _options(place: Place) -> Iterator[Proposal]:
    for param in place.command.params:
        spelled = [name for name in param.opts if name.startswith("--")]
        if spelled and (param.multiple or param.name not in place.typed):
            yield spelled[0], _first(param.help)


def _values(param: Any, place: Place, offer: Offer) -> Iterator[Proposal]:
    end = "=" if param.name == "image" else ""
    if (kind := _KINDS.get(param.name)) is not None:
        yield from ((name + end, "") for name in offer(kind, place.typed.get("env")))
    elif param.name == "key":
        from stagecraft.config.reference import names

        yield from ((name, "") for name in ("exit-codes", *names()))
    else:
        yield from ((item.value, "") for item in param.shell_complete(None, "") if item.type == "plain")


def _first(text: str | None) -> str:
    """Return the first line of a help text."""
    return (text or "").strip().partition("\n")[0]
