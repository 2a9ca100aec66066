"""Programs that answer from a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


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
    """Answers by the first arguments of `docker`: `{"ps": [Answer(...), ...]}`; the last answer stays."""

    answers: Mapping[str, Sequence[Answer]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

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
