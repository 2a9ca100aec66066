"""`stagecraft`, and `python -m stagecraft`."""

import gc
import os


def main() -> None:
    """Run the command line of this process and exit."""
    gc.set_threshold(1_000_000, 20, 20)  # imports leave no garbage; looking for it takes a tenth of a list
    from stagecraft.cli.main import main as run  # noqa: PLC0415 - after the line above

    try:
        run()
    except SystemExit as end:  # all is flushed and closed; Python would take every module apart
        os._exit(end.code if isinstance(end.code, int) else 1)


if __name__ == "__main__":
    main()
