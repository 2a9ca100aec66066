"""Where `stagecraft.yml` is; reads nothing in it, so that what needs only its folder is instant."""

from pathlib import Path

from stagecraft.errors import ConfigError

FILE = "stagecraft.yml"


def find(cwd: Path, explicit: Path | None = None) -> Path:
    """Return the configuration file: the explicit one, else `stagecraft.yml` in `cwd`. Raises ConfigError."""
    path = cwd / (explicit or FILE)
    if path.is_file():
        return path
    if explicit is not None:
        problem = "is not a file" if path.exists() else "is not there"
        raise ConfigError(f"configuration file `{explicit}` {problem}", hint="check `--config`")
    raise ConfigError(f"there is no `{FILE}` in `{cwd}`", hint=_elsewhere(cwd))


def _elsewhere(cwd: Path) -> str:
    if (cwd / "stagecraft.yaml").is_file():
        return f"rename `stagecraft.yaml` to `{FILE}`, or add `--config stagecraft.yaml`"
    for parent in cwd.parents:
        if (parent / FILE).is_file():
            return f"there is one above: `cd {parent}`, or name it with `--config`"
    return "`stagecraft init` writes one; one that is elsewhere is named with `--config FILE`"
