"""When something was ordered; a shop that does not know the column leaves it to the database."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE orders ADD ordered timestamptz NOT NULL DEFAULT now()")


def downgrade():
    op.execute("ALTER TABLE orders DROP ordered")
