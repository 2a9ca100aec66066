"""One run of one SQL migration in its own process, so that it can be killed. The URL comes by environment.

Prints progress as JSON lines, and at the end `{"ended": 0}`, or the error with its exit code.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stagecraft.errors import StagecraftError
from stagecraft.migrators import sql, sql_file
from stagecraft.migrators.answers import Answers
from stagecraft.model.migration import Change
from stagecraft.model.sql import Decision, Progress, Row
from stagecraft.runtime import sql_files
from stagecraft.runtime.database_url import Dial, parse
from stagecraft.runtime.sql import SqlRun, Time
from stagecraft.runtime.sql_database import connect

Say = Callable[[dict[str, Any]], None]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--release", default="demo-1")
    parser.add_argument("--done", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--undo", nargs="*", default=[])
    parser.add_argument("--lock-timeout", type=float, default=120)
    parser.add_argument("--dial", default="")
    parser.add_argument("--timeout", type=float, default=120)
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, address: str, say: Say) -> None:
    texts = [sql_file.read(name, text) for name, text in sql_files.read(options.folder, "reports")]
    files = sql_file.pair(texts)
    url = parse("DATABASE_URL", address)
    mine = frozenset(["reports"])
    answers = Answers(
        done=mine if options.done else frozenset(), again=mine if options.again else frozenset()
    )

    def decide(rows: tuple[Row, ...]) -> Decision:
        if not options.undo:
            return sql.decide(files, rows, migration="reports", dialect=url.dialect, answers=answers)
        changes: list[Change] = [file.change() for file in files if file.name in options.undo]
        downs = {file.down.checksum: file.down for file in files if file.down}
        return sql.undo(changes, downs, rows, migration="reports", dialect=url.dialect, answers=answers)

    def progress(it: Progress) -> None:
        say({"file": it.name, "state": it.state})

    host, _, port = options.dial.rpartition(":")
    database = connect(
        url,
        label=f"stagecraft {options.release}",
        folder=options.folder,
        dial=Dial(host, int(port)) if host else None,
        lock_timeout=options.lock_timeout,
    )
    try:
        clock = Time(now=lambda: datetime.now(UTC), monotonic=time.monotonic)
        run = SqlRun(database, migration="reports", release=options.release, time=clock, progress=progress)
        deadline = time.monotonic() + options.timeout
        notes = run.run(decide, deadline=deadline, lock_wait=options.lock_timeout)
        say({"ended": 0, "notes": list(notes)})
    finally:
        database.close()


def main(arguments: Sequence[str], address: str, say: Say) -> int:
    """Run once; also called within the tests, where nobody is to be killed."""
    try:
        _run(_options(arguments), address, say)
    except StagecraftError as error:
        left = getattr(error, "left", None)
        say({"ended": error.exit_code, "error": str(error), "hint": error.hint, "left": left})
        return error.exit_code
    return 0


def _print(words: dict[str, Any]) -> None:
    print(json.dumps(words), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ["DATABASE_URL"], _print))
