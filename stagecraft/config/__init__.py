"""From `stagecraft.yml` to a validated Project (spec/config.md)."""
