"""The program of a belt's stack: one belt, and the outputs through which others find it."""

import pulumi

from belts.pulumi.component import Belt
from belts.spec.belt import BeltSpec
from belts.spec.engine import ExternalHasura
from stacks import outputs, prover
from stacks.settings import HASURA_SECRET, SECRET_ENV


def declare(spec: BeltSpec, config: pulumi.Config) -> None:
    """Declare the belt, and export it."""
    spec = prover.whole(spec)
    hasura = {}
    if isinstance(spec.hasura, ExternalHasura):
        hasura = {"adminSecret": config.require_secret(HASURA_SECRET)}
    indexer = {}
    if names := spec.secret_environment:
        values = config.require_secret_object(SECRET_ENV)
        indexer = {name: values[name] for name in names}
    belt = Belt(
        spec, hasura_secrets=hasura, indexer_secrets=indexer, prover_secrets=prover.secrets(spec.prover)
    )
    for name, value in outputs.exports(spec, belt).items():
        pulumi.export(name, value)
