"""Sends what was ordered, and says that it is alive by touching a file."""

import logging
import os
import signal
import sys
import time
from pathlib import Path

import psycopg2
from database import transaction

ALIVE = Path("/tmp/alive")


def send():
    """Mark new orders as sent; how many there were."""
    with transaction() as cursor:
        cursor.execute("UPDATE orders SET state = 'sent' WHERE state = 'new'")
        return cursor.rowcount


def main():
    """Work until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "info").upper(), format="worker: %(message)s")
    while True:
        try:
            if sent := send():
                logging.info("sent %d", sent)
            ALIVE.touch()
        except psycopg2.Error as error:
            logging.warning("not yet: %s", error)
        time.sleep(1)


main()
