import base64
import hashlib
from typing import Any

import pytest

from stagecraft.compose.canonical import Canonical
from stagecraft.compose.render import Rendered, render
from stagecraft.compose.text import load
from stagecraft.errors import ConfigError
from stagecraft.model.source import ConfigFile
from tests.compose.models import model

WEB = {"image": "x"}


def rendered(given: Canonical, *, local: bool = True, images: dict[str, str] | None = None) -> Rendered:
    return render(given, project="shop", services=[*given.services], images=images or {}, local=local)


def refused(given: Canonical, *, local: bool = True) -> str:
    with pytest.raises(ConfigError) as caught:
        rendered(given, local=local)
    return caught.value.message


def bind(source: str) -> dict[str, Any]:
    return {"web": {**WEB, "volumes": [{"type": "bind", "source": source, "target": "/t"}]}}


def test_a_relative_bind_mount_is_refused_on_another_host() -> None:
    given = model(bind("./data"))
    assert "./data" == load(rendered(given).text)["services"]["web"]["volumes"][0]["source"]
    assert "bind mount `./data` is a folder of this machine, and the host has no such folder" == refused(
        given, local=False
    )


def test_an_absolute_bind_mount_is_the_hosts_own_folder() -> None:
    text = rendered(model(bind("/data")), local=False).text
    assert "/data" == load(text)["services"]["web"]["volumes"][0]["source"]


def test_a_bind_mount_in_somebodys_home_is_refused_everywhere() -> None:
    assert "bind mount `~/data` means another folder for everybody who deploys" == refused(
        model(bind("~/data"))
    )


def test_a_secret_file_is_refused_on_another_host() -> None:
    given = model({"web": {**WEB, "secrets": [{"source": "s"}]}}, secrets={"s": {"file": "./s.txt"}})
    assert "secrets" in load(rendered(given).text)
    assert "secret `s` is a file of this machine, and the host has no such file" == refused(
        given, local=False
    )


def test_a_secret_file_in_somebodys_home_is_refused() -> None:
    given = model({"web": {**WEB, "secrets": [{"source": "s"}]}}, secrets={"s": {"file": "~/s.txt"}})
    assert "secret `s` is another file for everybody who deploys" == refused(given)


def test_an_environment_secret_is_refused_for_a_read_only_service() -> None:
    services = {"web": {**WEB, "read_only": True, "secrets": [{"source": "s"}]}}
    given = model(services, secrets={"s": {"environment": "KEY"}})
    assert "secret `s` cannot be put into a container that is `read_only`" == refused(given)


def with_config(data: bytes, *, executable: bool = False, **service: Any) -> Canonical:
    return model(
        {"web": {**WEB, "configs": [{"source": "c", "target": "/c"}], **service}},
        configs={"c": {"file": "./c", "name": "shop_c"}},
        files={"c": ConfigFile(data, executable=executable)},
    )


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b"])
def test_binary_content_is_mounted_from_a_copy_named_by_its_digest(data: bytes) -> None:
    result = rendered(with_config(data))
    name = hashlib.sha256(data).hexdigest()
    assert {"c": {"file": f"${{STAGECRAFT_FILES}}/{name}"}} == load(result.text)["configs"]
    assert {name: base64.b64encode(data).decode()} == result.files


def test_binary_content_is_refused_on_another_host() -> None:
    assert (
        "config `c` has to be mounted as a file (it is not UTF-8 text), and the host sees none of them"
        == refused(with_config(b"\xff"), local=False)
    )


def test_a_read_only_service_is_refused_its_config_on_another_host() -> None:
    assert (
        "config `c` has to be mounted as a file (`web` is `read_only`), and the host sees none of them"
        == refused(with_config(b"text", read_only=True), local=False)
    )


def test_text_reaches_another_host_inline() -> None:
    result = rendered(with_config(b"price: $5"), local=False)
    assert {"c": {"content": "price: $$5", "name": "shop_c"}} == load(result.text)["configs"]
    assert {} == result.files


@pytest.mark.parametrize(("executable", "mode"), [(False, 0o444), (True, 0o555)])
def test_an_inline_config_has_the_one_mode_bit_that_git_keeps(executable: bool, mode: int) -> None:
    text = rendered(with_config(b"x", executable=executable)).text
    assert mode == load(text)["services"]["web"]["configs"][0]["mode"]


def test_a_config_with_a_secret_is_never_kept_as_a_file() -> None:
    given = model(
        {"web": {**WEB, "read_only": True, "configs": [{"source": "c"}]}},
        configs={"c": {"content": "password = zzsc1zz"}},
    )
    assert "config `c` holds a secret and cannot be put into a container that is `read_only`" == refused(
        given
    )


@pytest.mark.parametrize(
    "tie",
    [
        {"network_mode": "service:db"},
        {"ipc": "service:db"},
        {"pid": "service:db"},
        {"links": ["db:x"]},
        {"volumes_from": ["db:ro"]},
    ],
)
def test_services_that_share_something_have_to_share_a_host(tie: dict[str, Any]) -> None:
    given = model({"web": {**WEB, **tie}, "db": WEB})
    render(given, project="shop", services=["web", "db"], images={})
    with pytest.raises(ConfigError, match="service `web` shares something with `db`"):
        render(given, project="shop", services=["web"], images={})


def test_no_image_that_was_not_built_is_retagged() -> None:
    services = {"web": {"image": "shop", "build": {}}, "worker": {"image": "shop:latest"}}
    services |= {"old": {"image": "shop:1"}, "db": {"image": "postgres"}, "far": {"image": "r.io:5000/shop"}}
    text = rendered(model(services), images={"web": "registry/web:9"}).text
    assert {
        "db": "postgres",
        "far": "r.io:5000/shop",
        "old": "shop:1",
        "web": "registry/web:9",
        "worker": "registry/web:9",
    } == {name: service["image"] for name, service in load(text)["services"].items()}


def test_a_service_with_nothing_to_run_is_refused() -> None:
    given = model({"web": {"build": {"context": "."}}})
    assert "service `web` has neither an image nor anything to build one from" == refused(given)


def test_a_model_reaches_the_service_that_uses_it() -> None:
    given = model({"web": {**WEB, "models": {"llm": None}}}, models={"llm": {"model": "ai/x"}, "other": {}})
    assert {"llm": {"model": "ai/x"}} == load(rendered(given).text)["models"]


def test_a_definition_that_compose_does_not_print_is_missed() -> None:
    message = "`docker compose config` does not print `llm` of `models`: it cannot be carried over"
    assert message == refused(model({"web": {**WEB, "models": {"llm": None}}}))


def test_a_section_that_is_not_known_is_named() -> None:
    with pytest.raises(ConfigError, match="`agents` is a part of Compose that Stagecraft does not know"):
        model({"web": WEB}, agents={})


def test_a_text_has_only_what_its_services_use() -> None:
    given = model(
        {"web": {**WEB, "networks": {"a": None}}, "db": {**WEB, "networks": {"b": None}}},
        networks={"a": {}, "b": {}},
        volumes={"v": {}},
    )
    assert {"name", "services", "networks"} == set(load(rendered(given).text))
    text = render(given, project="shop", services=["web"], images={}).text
    assert {"a": {}} == load(text)["networks"]
