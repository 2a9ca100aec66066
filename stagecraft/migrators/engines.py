"""The engines there are, by the name that `engine:` gives them."""

from stagecraft.migrators import command, sql
from stagecraft.migrators.answers import Answers
from stagecraft.migrators.protocol import Engine, Resume, Verdict
from stagecraft.model.migration import MigrationRecord


class _Command:
    def resume(self, record: MigrationRecord, *, now: str, answers: Answers) -> Resume:
        return command.resume(record, now=now, answers=answers)


class _Sql:
    def resume(self, record: MigrationRecord, *, now: str, answers: Answers) -> Resume:  # noqa: ARG002
        """Let the table decide: it is read under the database's lock, with the same answers."""
        return Resume(Verdict.AGAIN, "the table `stagecraft_migrations` tells what is left to do")


ENGINES: dict[str, Engine] = {command.ENGINE: _Command(), sql.ENGINE: _Sql()}
