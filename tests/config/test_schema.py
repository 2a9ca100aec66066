import json

from syrupy.assertion import SnapshotAssertion

from stagecraft.config import schema


def objects(node: object) -> list[dict[str, object]]:
    children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    found = [below for child in children for below in objects(child)]
    return [*found, node] if isinstance(node, dict) and node.get("type") == "object" else found


def test_the_schema_is_what_was_reviewed(golden: SnapshotAssertion) -> None:
    assert golden == schema.text()


def test_no_mapping_takes_unknown_keys() -> None:
    found = objects(schema.json_schema())
    assert [False] * len(found) == [it.get("additionalProperties") for it in found]


def test_the_schema_is_the_same_each_time() -> None:
    assert schema.text() == schema.text()
    assert "https://json-schema.org/draft/2020-12/schema" == json.loads(schema.text())["$schema"]


def test_the_known_keys_of_a_path_are_found() -> None:
    assert ["build", "push", "migrate_pre", "rollout", "migrate_post", "finalize"] == schema.keys_at(
        ("environments", "prod", "timeouts")
    )
    assert [] == schema.keys_at(("environments",))


def test_the_keys_of_an_entry_of_a_list_are_those_of_every_kind_of_entry() -> None:
    assert {"path", "service", "engine"} <= set(schema.keys_at(("migrations", 0)))
