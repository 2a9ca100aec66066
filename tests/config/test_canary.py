"""The canary of an environment: what can be written, and what is said about mistakes."""

from pathlib import Path

import pytest

from stagecraft.config.load import load
from stagecraft.errors import ConfigError
from stagecraft.model.canary import Canary, CanaryCheck

GIVEN = """\
version: 1
project: shop
ingress: {service: proxy, driver: haproxy, routes: [{to: "web:8000"}]}
environments:
  demo:
    rollout:
      canary:
        weight: 10%
        hold: 2m
        check: {service: web, command: [smoke, --fast]}
"""


def written(folder: Path, old: str = "", new: str = "") -> Path:
    (folder / "stagecraft.yml").write_text(GIVEN.replace(old, new) if old else GIVEN)
    return folder / "stagecraft.yml"


def test_a_share_a_time_and_what_decides(tmp_path: Path) -> None:
    keys = load(written(tmp_path)).project.environments["demo"].rollout.canary

    assert keys is not None
    check = CanaryCheck(service="web", command=("smoke", "--fast"))
    assert Canary(weight=10, hold=120, check=check) == keys.canary()


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("10%", "0%", 8, "must be a share from `1%` to `99%`"),
        ("10%", "100%", 8, "must be a share from `1%` to `99%`"),
        ("hold: 2m", "hold: 15m", 9, "must be shorter than `timeouts.rollout`, which is 15m"),
        ("[smoke, --fast]", "[]", 10, "`environments.demo.rollout.canary.check.command`"),
        (GIVEN.splitlines(keepends=True)[2], "", 6, "needs an `ingress`"),
    ],
)
def test_a_mistake_is_shown_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, old, new))

    assert caught.value.place.endswith(f"stagecraft.yml:{line}")
    assert message in caught.value.message
