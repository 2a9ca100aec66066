"""What somebody outside is told of a release, and in which shape. Pure (spec/notices.md)."""
