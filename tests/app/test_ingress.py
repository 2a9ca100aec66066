"""The ingress of a project: its file, its refusals with their line, and what a plan says about gaps."""

from pathlib import Path
from typing import Any

import pytest

from stagecraft.app.ingress import ingress_file, notes
from stagecraft.app.opened import opened
from stagecraft.app.placement import Placed
from stagecraft.app.where import Where
from stagecraft.compose.changes import changes
from stagecraft.compose.ingress import IngressFile
from stagecraft.compose.render import render
from stagecraft.compose.strategy import strategies
from stagecraft.errors import ConfigError
from stagecraft.model.plan import HostPlan
from tests.compose.models import model

NETWORK = {"default": None}
PORTS = [{"target": 80, "published": "80", "protocol": "tcp", "mode": "ingress"}]
SERVICES: dict[str, dict[str, Any]] = {
    "proxy": {"image": "haproxy", "networks": NETWORK, "ports": PORTS},
    "web": {"image": "web", "networks": NETWORK},
}
WRITTEN = """\
version: 1
project: shop
environments: {demo: {}}
ingress:
  service: proxy
  driver: haproxy
  include: own.cfg
  routes:
    - {to: "web:8000"}
"""


def file(folder: Path, *services: str, written: str = WRITTEN) -> IngressFile | None:
    (folder / "stagecraft.yml").write_text(written)
    here = opened(Where(folder, {}), "demo")
    return ingress_file(here, model(SERVICES), [Placed("web-1", services or ("proxy", "web"))])


def host(before: str, after: str) -> tuple[dict[str, HostPlan], dict[str, str]]:
    planned = HostPlan(text="now", services=changes(before, after), strategies=strategies(after))
    return {"local": planned}, {"now": after}


def text(ingress: IngressFile | None, image: str = "web") -> str:
    services = {**SERVICES, "web": {**SERVICES["web"], "image": image}}
    whole = model(services, networks={"default": {"name": "shop_default"}})
    return render(whole, project="shop", services=services, images={}, ingress=ingress).text


def test_the_users_part_is_read_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "own.cfg").write_text("frontend own\n    bind :8443\n")

    made = file(tmp_path)

    assert made is not None
    assert made.content.startswith("frontend own\n    bind :8443\n    use_backend stagecraft:web:8000\n")
    assert "/usr/local/etc/haproxy/haproxy.cfg" == made.ingress.file


def test_a_project_without_an_ingress_has_none(tmp_path: Path) -> None:
    assert None is file(tmp_path, written=WRITTEN.partition("ingress:")[0])


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (("own.cfg", "gone.cfg"), 7, "`gone.cfg` cannot be read: No such file or directory"),
        (("own.cfg", "end.cfg"), 7, "the file that `ingress.include` names ends in a section `backend`"),
        (("service: proxy", "service: prxy"), 5, "the ingress `prxy` is no service of the Compose file"),
        (("web:8000", "wbe:8000"), 9, "`wbe` is no service of the Compose file"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(
    tmp_path: Path, change: tuple[str, str], place: int, message: str
) -> None:
    (tmp_path / "own.cfg").write_text("frontend own\n    bind :8443\n")
    (tmp_path / "end.cfg").write_text("backend own\n    server a 10.0.0.1:80\n")

    with pytest.raises(ConfigError) as caught:
        file(tmp_path, written=WRITTEN.replace(*change))

    assert (f"stagecraft.yml:{place}", message, 2) == (
        caught.value.place,
        caught.value.message,
        caught.value.exit_code,
    )


def test_a_host_with_the_proxy_and_without_its_service_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="host `web-1` runs the ingress `proxy` but not `web`") as caught:
        file(tmp_path, "proxy")

    assert "stagecraft.yml:8" == caught.value.place


def test_a_plan_says_what_cannot_be_reached_while_the_proxy_is_replaced_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "own.cfg").write_text("frontend own\n    bind :8443\n")
    (tmp_path / "new.cfg").write_text("frontend own\n    bind :9443\n")
    before, after = text(file(tmp_path)), text(file(tmp_path, written=WRITTEN.replace("own.cfg", "new.cfg")))

    gap = (
        "`proxy` cannot be reached from the moment its old container is stopped until its new one is ready,"
        " because it publishes the host port 80; nothing behind it can: web"
    )
    assert [gap] == notes(*host(before, after))
    assert [] == notes(*host(after, after))


def test_a_service_that_is_replaced_start_first_leaves_no_gap(tmp_path: Path) -> None:
    (tmp_path / "own.cfg").write_text("frontend own\n    bind :8443\n")
    ingress = file(tmp_path)

    assert [] == notes(*host(text(ingress), text(ingress, image="web:2")))
