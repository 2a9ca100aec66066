"""What a look at the world before a release found."""

from stagecraft.model.frozen import Frozen


class Checked(Frozen):
    """One thing that was looked at."""

    what: str
    """`disk`, `ports`, `secrets`."""
    host: str = ""
    """Empty: this machine, or all hosts."""
    problems: tuple[str, ...] = ()
    """One sentence each; empty if all is well."""
    note: str = ""
    """What is good to know where all is well."""
