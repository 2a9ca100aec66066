"""Pure: the canonical Compose model, the text of every host, the build definition, the next actions."""
