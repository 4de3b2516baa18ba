"""The program of a belt's stack: one belt, and the outputs by which others find it."""

import pulumi

from belts.component import Belt
from belts.spec import BeltSpec, ExternalHasura
from stacks import outputs
from stacks.settings import HASURA_SECRET, SECRET_ENV


def declare(spec: BeltSpec, config: pulumi.Config) -> None:
    """Declare the belt, and export it."""
    hasura = {}
    if isinstance(spec.hasura, ExternalHasura):
        hasura = {"adminSecret": config.require_secret(HASURA_SECRET)}
    indexer = {}
    if names := spec.indexer.secret_environment:
        values = config.require_secret_object(SECRET_ENV)
        indexer = {name: values[name] for name in names}
    belt = Belt(spec, hasura_secrets=hasura, indexer_secrets=indexer)
    for name, value in outputs.exports(spec, belt).items():
        pulumi.export(name, value)
