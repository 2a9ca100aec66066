"""Stagecraft: deterministic, durable and honest releases with Docker Compose."""

__version__ = "0.1.0"
