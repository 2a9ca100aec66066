"""The hands: the only code that runs programs or talks to Docker and Git."""
