"""The shop's tables: products and orders."""

import os
import time
from contextlib import contextmanager

import psycopg2
from psycopg2.extras import RealDictCursor

TABLES = """
SELECT pg_advisory_xact_lock(1);
CREATE TABLE IF NOT EXISTS products (id serial PRIMARY KEY, name text UNIQUE NOT NULL, cents integer NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id serial PRIMARY KEY, product integer NOT NULL REFERENCES products, state text NOT NULL DEFAULT 'new'
);
INSERT INTO products (name, cents) VALUES ('Apples', 250), ('Bread', 320), ('Coffee', 899)
ON CONFLICT DO NOTHING;
"""


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


def prepare(attempts=60):
    """Make what is missing; a database that is still starting is waited for."""
    for left in reversed(range(attempts)):
        try:
            with transaction() as cursor:
                cursor.execute(TABLES)
            return
        except psycopg2.OperationalError:
            if not left:
                raise
            time.sleep(0.5)
