"""The demo's parts, without an engine."""
