"""A belt as one Pulumi resource: a spec goes in, typed outputs come out."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import ComponentResource, Input, Output, ResourceOptions

from belts.pulumi.here import RETIREMENT
from belts.pulumi.places import place_of
from belts.spec import identity
from belts.spec.belt import BeltSpec
from belts.spec.identity import Identity


class Belt(ComponentResource):
    """Postgres, the engine over it, the indexer, and its prover: each is up before the next begins."""

    graphql: Output[str]
    dial: Output[str | None]
    admin_secret: Output[str]
    metrics: Output[str]
    passwords: Output[dict[str, str]]
    logins: Output[dict[str, str]]
    hosts: Output[dict[str, str]]
    consumer_ca: Output[str | None]
    database: Output[str]
    identity: Output[dict[str, Any]]
    sources: Output[dict[str, list[str]]]

    def __init__(
        self,
        spec: BeltSpec,
        *,
        hasura_secrets: Mapping[str, Input[str]] | None = None,
        indexer_secrets: Mapping[str, Input[str]] | None = None,
        prover_secrets: Mapping[str, Input[str]] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the belt; the secrets are those that come from config and that the host must know."""
        super().__init__("belts:index:Belt", spec.name, None, opts)
        place = place_of(spec, name="belts-host-check", retirement=RETIREMENT)
        if pulumi.runtime.is_dry_run():
            pulumi.info(place.costs(), resource=self)
        postgres = place.carry_out(f"{spec.name}-postgres", "postgres", parent=self)
        engine = place.carry_out(
            f"{spec.name}-engine", "engine", parent=self, after=[postgres], secrets=hasura_secrets or None
        )
        indexer = place.carry_out(
            f"{spec.name}-indexer",
            "indexer",
            parent=self,
            after=[postgres, engine],
            secrets={**(hasura_secrets or {}), **(indexer_secrets or {})},
        )
        if spec.prover is not None:
            place.carry_out(
                f"{spec.name}-prover",
                "prover",
                parent=self,
                after=[postgres, engine, indexer],
                secrets=prover_secrets or None,
            )
        self.graphql = _open(engine.result, "graphql")
        self.dial = _open(engine.result, "dial")
        self.admin_secret = engine.result["adminSecret"]
        self.metrics = _open(indexer.result, "metrics")
        self.sources = _open(indexer.result, "sources")
        self.passwords = postgres.result["passwords"]
        self.logins = postgres.result["logins"]
        self.hosts = _open(postgres.result, "hosts")
        self.consumer_ca = Output.unsecret(postgres.result.apply(lambda told: told.get("consumerCa")))
        self.database = _open(postgres.result, "database")
        self.identity = Output.unsecret(
            Output.all(postgres.result, indexer.result).apply(lambda results: _identity(*results))
        )
        self.register_outputs(
            {
                "graphql": self.graphql,
                "adminSecret": self.admin_secret,
                "metrics": self.metrics,
                "identity": self.identity,
            }
        )


def _open(result: Output[dict[str, Any]], key: str) -> Output[Any]:
    """One value of a result that is no secret, taken out of the whole, which is."""
    return Output.unsecret(result[key])


def _identity(postgres: Mapping[str, Any], indexer: Mapping[str, Any]) -> dict[str, Any]:
    """Who this belt is: a reseed or another database make it somebody else.

    So does a change of its project that decides rows, unless a gateway needs it: the host says by which
    project it is known.
    """
    return identity.written(
        Identity(
            system_identifier=str(postgres["systemIdentifier"]),
            database_oid=int(postgres["databaseOid"]),
            chain_table_oid=int(indexer["chainTableOid"]),
            database=postgres["database"],
            project_digest=indexer["projectDigest"],
            schema_digest=indexer["schemaDigest"],
            indexer_version=indexer["version"],
        )
    )
