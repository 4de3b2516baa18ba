"""A belt as one Pulumi resource: a spec goes in, typed outputs come out."""

from collections.abc import Mapping
from typing import Any

from pulumi import ComponentResource, Input, Output, ResourceOptions

from belts.place import RETIREMENT, Here
from belts.runtimes import process
from belts.spec import BeltSpec


class Belt(ComponentResource):
    """Postgres, then the engine over it, then the indexer: each is up before the next begins."""

    graphql: Output[str]
    admin_secret: Output[str]
    metrics: Output[str]
    passwords: Output[dict[str, str]]
    logins: Output[dict[str, str]]
    database: Output[str]
    identity: Output[dict[str, Any]]

    def __init__(
        self,
        spec: BeltSpec,
        *,
        hasura_secrets: Mapping[str, Input[str]] | None = None,
        indexer_secrets: Mapping[str, Input[str]] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the belt; the secrets are those that come from config and that the host must know."""
        super().__init__("belts:index:Belt", spec.name, None, opts)
        place = Here(process.belt(spec), name="belts-host-check", retirement=RETIREMENT)
        postgres = place.carry_out(f"{spec.name}-postgres", "postgres", parent=self)
        engine = place.carry_out(
            f"{spec.name}-engine", "engine", parent=self, after=[postgres], secrets=hasura_secrets
        )
        indexer = place.carry_out(
            f"{spec.name}-indexer",
            "indexer",
            parent=self,
            after=[postgres, engine],
            secrets={**(hasura_secrets or {}), **(indexer_secrets or {})},
        )
        self.graphql = _open(engine.result, "graphql")
        self.admin_secret = engine.result["adminSecret"]
        self.metrics = _open(indexer.result, "metrics")
        self.passwords = postgres.result["passwords"]
        self.logins = postgres.result.apply(_logins)
        self.database = _open(postgres.result, "database")
        self.identity = Output.unsecret(
            Output.all(postgres.result, indexer.result).apply(lambda results: _identity(spec, *results))
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


def _logins(result: Mapping[str, Any]) -> dict[str, str]:
    """Who logs in for a role, where it is another than the role itself; older belts have not said so."""
    logins: dict[str, str] = result.get("logins", {})
    return logins


def _identity(spec: BeltSpec, postgres: Mapping[str, Any], indexer: Mapping[str, Any]) -> dict[str, Any]:
    """Who this belt is: a reseed, another database or another project make it somebody else."""
    project = spec.indexer.project
    return {
        "systemIdentifier": str(postgres["systemIdentifier"]),
        "databaseOid": int(postgres["databaseOid"]),
        "database": postgres["database"],
        "chainTableOid": int(indexer["chainTableOid"]),
        "digest": project.digest,
        "schemaDigest": project.schema_digest,
        "indexerVersion": indexer["version"],
    }
