"""What the shop sells, and what was ordered. Shops older than this history have the tables already."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE IF NOT EXISTS products (id serial PRIMARY KEY, name text UNIQUE NOT NULL, cents integer NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id serial PRIMARY KEY, product integer NOT NULL REFERENCES products, state text NOT NULL DEFAULT 'new'
);
INSERT INTO products (name, cents) VALUES ('Apples', 250), ('Bread', 320), ('Coffee', 899)
ON CONFLICT DO NOTHING;
"""


def upgrade():
    op.execute(TABLES)


def downgrade():
    op.execute("DROP TABLE orders, products")
