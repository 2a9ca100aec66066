"""Fixtures on the real machine. What is missing fails a test, it never skips one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleet import Fleet, running_fleet
from tests.e2e.fleet_app import FleetApp, check_out_fleet_app
from tests.e2e.machine import Registry, Shop, check_out_shop, engine_problems, running_registry
from tests.e2e.tiny import check_out_tiny

NewShop = Callable[..., Shop]
NewFleetApp = Callable[..., FleetApp]


@pytest.fixture(scope="session")
def engine() -> None:
    """A working engine with Compose, buildx and the base images."""
    if problems := engine_problems():
        pytest.fail(f"missing: {', '.join(problems)}; run `scripts/setup`", pytrace=False)


@pytest.fixture(scope="session")
def registry(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry on loopback that anybody may use."""
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="session")
def auth_registry(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry on loopback that wants a login."""
    folder = tmp_path_factory.mktemp("auth-registry")
    with running_registry(folder, username="shopkeeper", password="under-the-counter") as running:
        yield running


@pytest.fixture
def new_shop(engine: None, registry: Registry, tmp_path: Path) -> Iterator[NewShop]:
    """Make shops: `new_shop()`, `new_shop(auth_registry)`, `new_shop(None)`; removed after the test."""
    with ExitStack() as stack:

        def make(where: Registry | None = registry) -> Shop:
            folder = tmp_path / f"checkout-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            shop = check_out_shop(folder, where)
            stack.callback(shop.remove)
            return shop

        yield make


@pytest.fixture
def shop(new_shop: NewShop) -> Shop:
    """One shop, with the registry."""
    return new_shop()


@pytest.fixture
def new_tiny(engine: None, registry: Registry, tmp_path: Path) -> Iterator[NewShop]:
    """Make tiny projects as `new_shop` makes shops: where a release has to take a second, not ten."""
    with ExitStack() as stack:

        def make(where: Registry | None = registry) -> Shop:
            folder = tmp_path / f"tiny-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            project = check_out_tiny(folder, where)
            stack.callback(project.remove)
            return project

        yield make


@pytest.fixture
def tiny(new_tiny: NewShop) -> Shop:
    """One tiny project, without a registry."""
    return new_tiny(None)


@pytest.fixture(scope="session")
def fleet(engine: None) -> Iterator[Fleet]:
    """Four hosts with the base images, a fifth with 64 MB for all of its images, and a jump host."""
    with running_fleet(5, "--images", "--small", "host-5") as running:
        yield running


@pytest.fixture
def new_fleet_app(fleet: Fleet, tmp_path: Path) -> Iterator[NewFleetApp]:
    """Make projects on the fleet, as `check_out_fleet_app` does; removed from every host after the test."""
    with ExitStack() as stack:

        def make(**given: Any) -> FleetApp:
            app = check_out_fleet_app(tmp_path / f"app-{len(list(tmp_path.iterdir()))}", fleet, **given)
            stack.callback(app.remove)
            return app

        yield make
