"""Declares the stack that the config describes, with what its kind needs and no more."""

from importlib import import_module
from pathlib import Path

import pulumi
from pulumi.runtime import config as engine_config

from belts.pulumi import boundary
from belts.spec.belt import BeltSpec
from belts.spec.chains import LocalChains
from belts.spec.url_belt import UrlBelt
from stacks import settings


def declare() -> None:
    """Declare what the config of the current stack describes; nothing, while it holds a mistake."""
    boundary.die_on_interrupt()
    config = pulumi.Config()
    described = settings.read(
        engine_config.CONFIG.get(),
        namespace=config.name,
        stack=pulumi.get_stack(),
        directory=Path.cwd(),
        secrets=frozenset(engine_config.get_config_secret_keys_env()),
    )
    match described:
        case BeltSpec():
            import_module("stacks.belt").declare(described, config)
        case UrlBelt():
            import_module("stacks.by_url").declare(described, config)
        case settings.GatewaySettings():
            import_module("stacks.gateway").declare(described, config)
        case LocalChains():
            import_module("stacks.chains").declare(described)
