"""Programs that answer from a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stagecraft.runtime.engine_api import Reply


@dataclass(frozen=True)
class Answer:
    """How a program ended."""

    stdout: str = ""
    code: int = 0
    stderr: str = ""
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """How a program was started."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None
    stdin: str | None
    deadline: float | None


@dataclass
class ScriptedRuns:
    """Answers by the first arguments of `docker`: `{"ps": [Answer(...), ...]}`; the last answer stays.

    `replies` are those of the engine at its socket, by the path without its query.
    """

    answers: Mapping[str, Sequence[Answer]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    replies: Mapping[str, Sequence[Reply]] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    """What was asked at once, each time."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None,
        stdin: str | None = None,
        deadline: float | None = None,
        source: str = "",
    ) -> Answer:
        self.calls.append(Call(tuple(argv), env, cwd, stdin, deadline))
        before = sum(call.argv[1] == argv[1] for call in self.calls)
        answers = self.answers.get(argv[1], [Answer()])
        return answers[min(before, len(answers)) - 1]

    @property
    def commands(self) -> list[str]:
        return [call.argv[1] for call in self.calls]

    def ask(self, at: Path, paths: Sequence[str], *, deadline: float) -> tuple[Reply, ...]:
        self.asked.append(tuple(paths))
        return tuple(self._reply(path.partition("?")[0]) for path in paths)

    def _reply(self, path: str) -> Reply:
        before = sum(one.partition("?")[0] == path for paths in self.asked for one in paths)
        replies = self.replies.get(path, [Reply(404, {"message": "not here"})])
        return replies[min(before, len(replies)) - 1]
