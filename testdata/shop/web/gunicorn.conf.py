"""How the shop is served: the tables first, then two workers."""

import os

import database

bind = "0.0.0.0:8000"
workers = 2
graceful_timeout = 4
loglevel = os.environ.get("LOG_LEVEL", "info")
worker_tmp_dir = "/dev/shm"


def on_starting(server):
    """Make the tables and the first products, once, before any request."""
    database.prepare()
