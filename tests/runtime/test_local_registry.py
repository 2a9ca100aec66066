"""What is kept of the run's own registry, and what serves it (stagecraft/runtime/local_registry.py)."""

import socket
from pathlib import Path

import pytest

from stagecraft.errors import UnavailableError
from stagecraft.runtime.cache import cache_folder
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.local_registry import LocalRegistry
from tests.runtime.scripted import Answer, ScriptedRuns

DIGEST = "sha256:" + "d" * 64


def registry(data: Path, *tags: str, path: Path, port: int = 5055) -> LocalRegistry:
    runs = ScriptedRuns({"image": [Answer("".join(f"{tag}\n" for tag in tags))]})
    engine = Docker(EngineAccess({"PATH": "/usr/bin:/bin", "DOCKER_HOST": "tcp://engine"}), runs)
    return LocalRegistry(port, data, engine, {"PATH": str(path), "HOME": str(path)})


def test_the_program_comes_before_an_image_and_an_image_before_nothing(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/docker-registry"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert "`docker-registry`" == registry(tmp_path, "registry:2", path=program.parent).way
    assert "image `registry:3`" == registry(tmp_path, "registry:2", "registry:3", path=tmp_path).way
    assert "" == registry(tmp_path, path=tmp_path).way


def test_where_nothing_can_serve_nothing_is_started(tmp_path: Path) -> None:
    served = registry(tmp_path / "data", path=tmp_path)
    served.start(())
    served.close()
    assert ("", False) == (served.problem(), (tmp_path / "data").exists())


def test_a_taken_port_is_a_problem_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served = registry(tmp_path, "registry:2", path=tmp_path, port=port)
        with pytest.raises(UnavailableError, match=f"port {port} of this machine is taken") as refused:
            served.start(())
    assert "registry: {local: PORT}" in refused.value.hint


def test_what_is_kept_is_found_by_its_digest(tmp_path: Path) -> None:
    link = tmp_path / f"docker/registry/v2/repositories/shop/web/_manifests/revisions/sha256/{'d' * 64}/link"
    link.parent.mkdir(parents=True)
    link.write_text(DIGEST)
    kept = registry(tmp_path, path=tmp_path)

    assert kept.has(f"localhost:5055/shop/web:1.0@{DIGEST}")
    assert not kept.has(f"localhost:5055/shop/api:1.0@{DIGEST}")
    assert not kept.has(f"localhost:5055/shop/web:1.0@sha256:{'e' * 64}")


def test_what_is_kept_lies_where_the_user_keeps_such_things() -> None:
    assert Path("/home/ada/.cache/stagecraft") == cache_folder({"HOME": "/home/ada"})
    assert Path("/big/stagecraft") == cache_folder({"HOME": "/home/ada", "XDG_CACHE_HOME": "/big"})
    assert Path("/home/ada/.cache/stagecraft") == cache_folder({"HOME": "/home/ada", "XDG_CACHE_HOME": "big"})
