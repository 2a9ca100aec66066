"""Proxies, one module a kind: what to write, to ask and to say. Pure (spec/ingress.md)."""
