"""One module a phase: what it would do, as steps. Pure."""
