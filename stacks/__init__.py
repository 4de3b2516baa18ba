"""Pulumi programs: they take typed settings and declare belts and the gateway.

Every Pulumi command starts them. The alias's provider is in this package too and runs beside them. Each loads
only what it needs.
"""

from importlib import import_module


def declare() -> None:
    """Declare what the config of the current stack describes; nothing if it has a mistake."""
    import_module("stacks.program").declare()
