"""The program of a belt's stack: one belt, and the outputs by which others find it."""

import pulumi

from belts.component import Belt
from belts.spec import BeltSpec, ExternalHasura
from stacks import outputs
from stacks.settings import HASURA_SECRET


def declare(spec: BeltSpec, config: pulumi.Config) -> None:
    """Declare the belt, and export it."""
    secrets = None
    if isinstance(spec.hasura, ExternalHasura):
        secrets = {"adminSecret": config.require_secret(HASURA_SECRET)}
    belt = Belt(spec, secrets=secrets)
    for name, value in outputs.exports(spec, belt).items():
        pulumi.export(name, value)
