"""`python -m stagecraft`."""

from stagecraft.cli.main import main

if __name__ == "__main__":
    main()
