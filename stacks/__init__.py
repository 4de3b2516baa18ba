"""Pulumi programs: typed settings in, belts and the gateway out.

Every command of the engine starts them, and beside them the alias's provider, which is of this package too:
each loads what it needs and no more.
"""

from importlib import import_module


def declare() -> None:
    """Declare what the config of the current stack describes; nothing, while it holds a mistake."""
    import_module("stacks.program").declare()
