"""The real machine under the end-to-end tests: engine, registry, the demo shop, and the command line."""

import base64
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGES = (
    "stagecraft-shop-base:1",
    "stagecraft-shop-postgres:1",
    "stagecraft-shop-proxy:1",
    "stagecraft-ingress-haproxy:1",
)
PASSWORD = "correct-horse"
COMMITTED = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    **{f"GIT_{who}_NAME": "Shopkeeper" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "shop@example.com" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": "2026-01-02T03:04:05Z" for who in ("AUTHOR", "COMMITTER")},
}


@dataclass(frozen=True)
class Result:
    """What a program left behind."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Registry:
    """A running registry; `username` is empty where nobody has to log in."""

    address: str
    pid: int
    username: str = ""
    password: str = ""

    def docker_config(self) -> str:
        """The text of a Docker `config.json` that is logged in here."""
        return json.dumps({"auths": {self.address: {"auth": self._credentials}}})

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository, for example `shop/web`; none if it does not exist."""
        request = urllib.request.Request(f"http://{self.address}/v2/{repository}/tags/list")
        if self.username:
            request.add_header("Authorization", f"Basic {self._credentials}")
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return sorted(json.load(reply)["tags"] or [])
        except urllib.error.HTTPError:
            return []

    @property
    def _credentials(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def run(
    *command: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout: float = 300,
) -> Result:
    """Run a program to its end; without `env` it sees only PATH and where the engine is."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=base_environment() if env is None else dict(env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def ask(*command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, stdin: str = "") -> str:
    """The output of a program that has to succeed."""
    result = run(*command, cwd=cwd, env=env, stdin=stdin)
    assert result.returncode == 0, f"{' '.join(command)}: exit {result.returncode}\n{result.stderr}"
    return result.stdout.strip()


def base_environment() -> dict[str, str]:
    """The little of this process's environment that programs may see."""
    kept = ("PATH", "DOCKER_HOST", "STAGECRAFT_CACHE", "XDG_CACHE_HOME")
    return {"HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"} | {
        name: os.environ[name] for name in kept if name in os.environ
    }


def engine_problems() -> list[str]:
    """What is missing for the end-to-end tests, in words; nothing if they can run."""
    needed = {
        "a Docker engine": ("docker", "info"),
        "Compose v2": ("docker", "compose", "version"),
        "buildx": ("docker", "buildx", "version"),
        "the base images": ("docker", "image", "inspect", *IMAGES),
    }
    return [what for what, command in needed.items() if run(*command).returncode]


def free_port() -> int:
    """A loopback port that nobody listens on just now, nor will by chance: connections begin above 32768."""
    while True:
        port = random.randint(20_000, 32_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


@contextmanager
def running_registry(folder: Path, *, username: str = "", password: str = "") -> Iterator[Registry]:
    """A registry of our own on a free loopback port, ended by its PID."""
    options = ["--port", "0", "--data", str(folder / "registry")]
    if username:
        users = folder / "users"
        ask("scripts/registry", "user", str(users), username, stdin=password)
        options += ["--htpasswd", str(users)]
    address, pid = ask("scripts/registry", "start", *options).split()
    try:
        yield Registry(address, int(pid), username, password)
    finally:
        run("scripts/registry", "stop", pid)


@dataclass(frozen=True)
class Shop:
    """A checkout of the demo shop, with a Compose project, a port and image names that nobody else has."""

    root: Path
    home: Path
    name: str
    """The Compose project. Images are `<registry>/<name>/...`, or begin with the name without a registry."""
    port: int
    registry: Registry | None
    environment: dict[str, str] = field(default_factory=dict)
    """What the command line sees; a test may change it, for example to rotate the secret."""

    def stagecraft(self, *arguments: str, timeout: float = 300, **environment: str) -> Result:
        """Run the command line in the checkout, as a process of its own."""
        command = [sys.executable, "-m", "stagecraft", *arguments]
        return run(*command, cwd=self.root, env=self.environment | environment, timeout=timeout)

    def compose(self, *arguments: str) -> str:
        """Run plain `docker compose` on the shop's Compose file."""
        settings = {"HTTP_PORT": str(self.port), "PUBLIC_URL": self.url}
        return ask(
            *("docker", "compose", "--project-name", self.name, *arguments),
            cwd=self.root,
            env=self.environment | settings,
        )

    def write(self, path: str, text: str) -> None:
        """Write one file of the checkout."""
        (self.root / path).write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit one file of the checkout; `old` has to be there."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new))

    def commit(self, message: str = "A change") -> str:
        """Commit everything; the same content and history give the same commit, everywhere."""
        environment = base_environment() | COMMITTED
        ask("git", "add", "--all", cwd=self.root, env=environment)
        ask("git", "commit", "--quiet", "--message", message, cwd=self.root, env=environment)
        return ask("git", "rev-parse", "HEAD", cwd=self.root, env=environment)

    @property
    def url(self) -> str:
        """Where the shop is served."""
        return f"http://localhost:{self.port}"

    def page(self, path: str = "/", *, post: bool = False) -> str:
        """Fetch a page of the running shop, through its proxy."""
        data = b"" if post else None
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data=data, timeout=10) as reply:
            return str(reply.read().decode())

    def containers(self) -> dict[str, str]:
        """The container ID of each service that runs or was made; services with several are refused."""
        line = '{{.Label "com.docker.compose.service"}} {{.ID}}'
        rows = ask("docker", "ps", "--all", "--no-trunc", *self._ours(), "--format", line).splitlines()
        pairs = [(service, container) for service, container in map(str.split, rows)]
        assert len(pairs) == len(dict(pairs)), f"more than one container a service: {pairs}"
        return dict(pairs)

    def remove(self) -> None:
        """Take everything away that this shop left on the engine."""
        _remove(("docker", "ps", "--all", "--quiet", *self._ours()), ("docker", "rm", "--force", "--volumes"))
        for kind in ("network", "volume"):
            _remove(("docker", kind, "ls", "--quiet", *self._ours()), ("docker", kind, "rm"))
        mine = ["--filter", f"reference={self.name}*", "--filter", f"reference={self.name}/*"]
        if self.registry:
            mine += ["--filter", f"reference={self.registry.address}/{self.name}/*"]
        for reference in ("{{.Repository}}:{{.Tag}}", "{{.Repository}}@{{.Digest}}"):
            listed = ("docker", "image", "ls", "--digests", *mine, "--format", reference)
            _remove(listed, ("docker", "image", "rm", "--force"))

    def _ours(self) -> tuple[str, str]:
        return ("--filter", f"label=com.docker.compose.project={self.name}")


def _remove(listed: tuple[str, ...], remove: tuple[str, ...]) -> None:
    names = sorted({name for name in run(*listed).stdout.split() if "<none>" not in name})
    if names:
        run(*remove, *names)


def check_out_shop(folder: Path, registry: Registry | None) -> Shop:
    """Copy the demo shop into a Git repository of its own and give it names of its own."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    home = folder / "home"
    home.mkdir()
    shutil.copytree(ROOT / "testdata/shop", folder / "shop", ignore=shutil.ignore_patterns(".stagecraft"))
    environment = base_environment() | {"HOME": str(home), "DATABASE_PASSWORD": PASSWORD}
    shop = Shop(folder / "shop", home, name, free_port(), registry, environment)
    if registry and registry.username:
        (home / ".docker").mkdir()
        (home / ".docker/config.json").write_text(registry.docker_config(), encoding="utf-8")
    address = f"registry: {registry.address}/{name}\n" if registry else ""
    shop.replace("stagecraft.yml", "registry: localhost:5000/shop\n", address)
    shop.replace("stagecraft.yml", "shop-demo", name)
    shop.replace("stagecraft.yml", "8080", str(shop.port))
    shop.replace("compose.yml", "image: shop-web", f"image: {name}-web")
    ask("git", "init", "--quiet", "--initial-branch=main", cwd=shop.root, env=base_environment() | COMMITTED)
    shop.commit("The shop")
    return shop
