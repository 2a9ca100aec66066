"""`stagecraft.yml` -> Project."""
