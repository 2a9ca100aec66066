"""Real database servers on loopback, from Debian's packages, with data that is thrown away."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.machine import free_port

USER = "shop"
CANARY = uuid.uuid4().hex
"""Its own in each run, so that nobody else's command line can have it."""
PASSWORD = f"s3cr3t/{CANARY}@"
QUOTED = f"s3cr3t%2F{CANARY}%40"
"""The password as it stands in a URL."""


@dataclass(frozen=True)
class Server:
    """A running server; `url(name)` makes a fresh database and returns its URL."""

    pid: int
    url: Callable[[str], str]


def _start(*command: str | Path, log: Path) -> "subprocess.Popen[bytes]":
    """Start a program that refuses to be root as somebody who owns nothing else."""
    user = "nobody" if os.getuid() == 0 else None
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdout=output, stderr=output, user=user, extra_groups=[] if user else None
        )


def _finish(*command: str | Path, log: Path) -> None:
    assert _start(*command, log=log).wait(60) == 0, log.read_text()


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="stagecraft-db-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


def _wait(process: "subprocess.Popen[bytes]", ready: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 120
    while not ready():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _binary(name: str) -> str:
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    assert newest, "PostgreSQL is not installed; run `scripts/setup`"
    return str(newest[-1])


@contextmanager
def running_postgres() -> Iterator[Server]:
    """A PostgreSQL server with one role, which may make databases."""
    with _folder() as folder:
        data, log, port = folder / "data", folder / "log", free_port()
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        options = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        _finish(_binary("initdb"), "-D", data, "-U", USER, f"--pwfile={password}", *options, log=log)
        where = ["-D", str(data), "-k", str(folder), "-p", str(port)]
        process = _start(_binary("postgres"), *where, "-c", "fsync=off", log=log)
        try:
            _wait(process, lambda: _succeeds("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)), log)

            def url(name: str) -> str:
                client = ["psql", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", USER, "-d", "postgres"]
                command = [*client, "-c", f'CREATE DATABASE "{name}"']
                environment = {"PGPASSWORD": PASSWORD, "PATH": os.environ["PATH"]}
                subprocess.run(command, env=environment, check=True, capture_output=True)
                return f"postgresql://{USER}:{QUOTED}@127.0.0.1:{port}/{name}"

            yield Server(process.pid, url)
        finally:
            _end(process, signal.SIGINT)


@contextmanager
def running_mariadb() -> Iterator[Server]:
    """A MariaDB server with one user, who may do everything."""
    with _folder() as folder:
        data, log, port = folder / "data", folder / "log", free_port()
        options = [f"--datadir={data}", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M"]
        install = ["mariadb-install-db", "--no-defaults", *options, "--skip-test-db"]
        _finish(*install, "--auth-root-authentication-method=normal", log=log)
        bootstrap = folder / "bootstrap.sql"
        bootstrap.write_text(f"CREATE USER {USER} IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO {USER};\n")
        bootstrap.chmod(0o644)
        sockets = [f"--socket={folder}/socket", f"--port={port}", "--bind-address=127.0.0.1"]
        quick = ["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--skip-name-resolve"]
        command = ["mariadbd", "--no-defaults", *options, *sockets, *quick, f"--init-file={bootstrap}"]
        process = _start(*command, log=log)
        try:
            client = ("mariadb", "--no-defaults", f"--socket={folder}/socket", "-uroot")
            _wait(process, lambda: _succeeds(*client, "-e", "SELECT 1"), log)

            def url(name: str) -> str:
                subprocess.run([*client, "-e", f"CREATE DATABASE `{name}`"], check=True, capture_output=True)
                return f"mariadb://{USER}:{QUOTED}@127.0.0.1:{port}/{name}"

            yield Server(process.pid, url)
        finally:
            _end(process, signal.SIGTERM)
