"""Remembers releases; see spec/store.md."""
