"""What a belt is, as frozen data: a name, a place, its three parts, and optionally its prover."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from belts.envio import EnvioProject
from belts.reading.kinds import Secret, SecretNames, Section
from belts.spec.engine import EmbeddedEngine, ExternalHasura
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres
from belts.spec.prover import Prover
from belts.spec.runtime import Runtime


@dataclass(frozen=True, kw_only=True, slots=True)
class BeltSpec:
    """One belt. Of secrets it contains only whether they are set, and names of variables."""

    name: str
    root: Path
    project: EnvioProject
    runtime: Runtime = Runtime.PROCESS
    adopt: str | None = None
    postgres: Annotated[Postgres, Section()]
    hasura: Annotated[EmbeddedEngine | ExternalHasura, Section()]
    indexer: Annotated[Indexer, Section()]
    prover: Annotated[Prover | None, Section(key="prove")] = None
    hasura_admin_secret: Annotated[
        bool,
        Secret(
            "external only: its admin secret; refused in plain text: "
            "`pulumi config set --secret hasuraAdminSecret`",
            key="hasuraAdminSecret",
            live=True,
        ),
    ] = False
    secret_environment: Annotated[
        tuple[str, ...],
        SecretNames(
            "a map of environment variables for the indexer that are secrets, such as RPC URLs with keys; "
            "refused in plain text: `pulumi config set --secret --path secretEnv.RPC_1` asks for it",
            key="secretEnv",
            live=True,
        ),
    ] = ()

    @property
    def parts(self) -> Mapping[str, Any]:
        """Its parts, in the order in which they come up."""
        parts = {"postgres": self.postgres, "engine": self.hasura, "indexer": self.indexer}
        return parts | ({"prover": self.prover} if self.prover else {})
