import re
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from stagecraft.config.migrations import CommandMigration, Migration, SqlMigration, check
from stagecraft.config.names import MisplacedError
from stagecraft.model.migration import When

LIST: TypeAdapter[tuple[CommandMigration | SqlMigration, ...]] = TypeAdapter(tuple[Migration, ...])
SPEC = Path(__file__).parents[2] / "spec" / "migrations.md"
COMMAND: dict[str, object] = {
    "name": "schema",
    "when": "pre",
    "engine": "command",
    "service": "web",
    "command": ["flask", "db", "upgrade"],
}
SQL: dict[str, object] = {
    "name": "reports",
    "when": "post",
    "engine": "sql",
    "path": "db/reports",
    "database": "DATABASE_URL",
}


def load(*entries: dict[str, object]) -> tuple[CommandMigration | SqlMigration, ...]:
    return LIST.validate_python(entries)


def test_the_example_in_the_specification_is_valid() -> None:
    example = re.search(r"<!-- example: migrations -->\n```yaml\n(.*?)```", SPEC.read_text(), re.DOTALL)
    assert example is not None
    migrations = LIST.validate_python(yaml.safe_load(example[1])["migrations"])
    check(migrations, secrets={"DATABASE_URL"}, roles={"db"})
    assert ["schema", "reports"] == [migration.name for migration in migrations]


def test_what_is_left_out_has_a_default() -> None:
    expected = SqlMigration(
        name="reports",
        when=When.POST,
        engine="sql",
        path="db/reports",
        database="DATABASE_URL",
        via=None,
        lock_timeout=30.0,
        strict=False,
        timeout=None,
    )
    assert (expected,) == load(SQL)


def test_every_key_is_described() -> None:
    fields = [*CommandMigration.model_fields.items(), *SqlMigration.model_fields.items()]
    assert [] == [name for name, field in fields if not field.description]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (COMMAND | {"engine": "flyway"}, "union_tag_invalid"),
        (COMMAND | {"path": "db"}, "extra_forbidden"),
        (SQL | {"compatible": True}, "extra_forbidden"),
        (COMMAND | {"when": "before"}, "enum"),
        (COMMAND | {"command": []}, "too_short"),
        (COMMAND | {"command": "flask db upgrade"}, "tuple_type"),
        (COMMAND | {"compatible": "yes"}, "bool_type"),
        (COMMAND | {"name": "Schema"}, "value_error"),
        (COMMAND | {"timeout": "soon"}, "value_error"),
        (COMMAND | {"rollback": ["down", "{from}"]}, "value_error"),
        (COMMAND | {"command": ["up", "{from}"]}, "value_error"),
        (COMMAND | {"head": ["current", "{from}"]}, "value_error"),
        (SQL | {"path": "/db"}, "value_error"),
        (SQL | {"lock_timeout": "2h"}, "value_error"),
    ],
)
def test_anything_else_is_refused(entry: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        load(entry)
    assert [expected] == [error["type"] for error in caught.value.errors()]


def test_a_rollback_that_needs_no_revision_needs_no_head() -> None:
    assert 1 == len(load(COMMAND | {"rollback": ["flask", "down"]}))


@pytest.mark.parametrize(
    ("entries", "at"),
    [
        ((COMMAND, COMMAND), ("migrations", 1, "name")),
        ((SQL | {"database": "OTHER"},), ("migrations", 0, "database")),
        ((COMMAND, SQL | {"via": "cache"}), ("migrations", 1, "via")),
    ],
    ids=["a name twice", "no such secret", "no such role"],
)
def test_what_only_the_project_knows_is_checked_where_it_is_written(
    entries: tuple[dict[str, object], ...], at: tuple[str | int, ...]
) -> None:
    with pytest.raises(MisplacedError) as caught:
        check(load(*entries), secrets={"DATABASE_URL"}, roles={"db"})
    assert at == caught.value.at
