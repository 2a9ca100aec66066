"""How the shop is served: by two workers."""

import os

bind = "0.0.0.0:8000"
workers = 2
graceful_timeout = 4
loglevel = os.environ.get("LOG_LEVEL", "info")
worker_tmp_dir = "/dev/shm"
