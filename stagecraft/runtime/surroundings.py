"""The environment of the user's own programs: hooks, and commands that are told of a release."""

from collections.abc import Mapping

from stagecraft.config.sources import EnvSource, SecretSource

PREFIX = "STAGECRAFT_"


def surroundings(
    environ: Mapping[str, str],
    sources: Mapping[str, SecretSource],
    secrets: Mapping[str, str],
    facts: Mapping[str, str | None],
) -> dict[str, str]:
    """Return the caller's environment without any declared secret, with `secrets` and `STAGECRAFT_<FACT>`.

    A secret is left out under its own name and under the name of the variable it comes from. A fact that is
    None is an empty variable.
    """
    hidden = set(sources) | {one.env for one in sources.values() if isinstance(one, EnvSource)}
    kept = {name: value for name, value in environ.items() if name not in hidden}
    told = {f"{PREFIX}{name.upper()}": (value or "").replace("\0", "") for name, value in facts.items()}
    return {**kept, **secrets, **told}
