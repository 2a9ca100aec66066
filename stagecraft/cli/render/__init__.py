"""Turns plans, releases and events into text and JSON."""
