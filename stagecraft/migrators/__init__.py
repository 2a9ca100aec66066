"""One module a migration engine. Pure."""
