"""The shop's database; its tables are made by the revisions in history/."""

import os
from contextlib import contextmanager

import psycopg2
from psycopg2.extras import RealDictCursor


@contextmanager
def transaction():
    """A cursor in a transaction of its own: committed at the end, rolled back on an error."""
    connection = psycopg2.connect(
        os.environ["DATABASE_URL"], connect_timeout=3, cursor_factory=RealDictCursor
    )
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
