"""migrate_post: what happens to the data once the new version runs."""

from stagecraft.phases.migrate_pre import skipped, steps

__all__ = ["skipped", "steps"]
