"""Runs plans: the executor, the rollout loop, the events and the ports they need."""
