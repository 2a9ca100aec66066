"""A registry that wants a login: its credentials are used from here, and no host ever has them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import NewFleetApp
from tests.e2e.fleet import Fleet
from tests.e2e.machine import Registry, ask

pytestmark = pytest.mark.e2e

HOST = "host-3"


@contextmanager
def known_there(fleet: Fleet, registry: Registry) -> Iterator[None]:
    """Have `localhost:PORT` mean this registry on the host as well."""
    port = registry.address.rpartition(":")[2]
    forward = ("-o", "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:{port}:127.0.0.1:{port}")
    command = ("ssh", *forward, HOST, "echo led; exec sleep 1000")
    with subprocess.Popen(
        command, env=fleet.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as ssh:
        try:
            assert ssh.stdout is not None
            assert ssh.stdout.readline() == "led\n"
            yield
        finally:
            ssh.kill()


def test_a_host_pulls_with_the_client_s_login_and_keeps_nothing_of_it(
    new_fleet_app: NewFleetApp, fleet: Fleet, auth_registry: Registry
) -> None:
    app = new_fleet_app(hosts={HOST: "web"})
    mine = f"{auth_registry.address}/{app.shop.name}"
    app.shop.replace("stagecraft.yml", f"registry: {app.images}", f"registry: {mine}")
    app.shop.commit("A registry with a login")
    login = (
        "docker",
        "login",
        "--username",
        auth_registry.username,
        "--password-stdin",
        auth_registry.address,
    )
    with known_there(fleet, auth_registry):
        refused = app.shop.stagecraft("deploy", "--env", "prod")
        ask(*login, env=app.shop.environment, stdin=auth_registry.password)
        app.deploy()

    assert 5 == refused.returncode, refused.stderr
    assert "web is up" in app.says(HOST, "web")
    assert "" == fleet.on(HOST, "find", "/run/fleet/home", "/root/.docker", "-name", "config.json")
    secret = f"{auth_registry.username}:{auth_registry.password}"
    assert secret not in fleet.on(
        HOST, "sh", "-c", "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' ' '"
    )
