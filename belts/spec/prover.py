"""The process beside a belt that proves its whole history against the chains."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from belts.reading.kinds import Listed, PathTo, Text, Whole
from belts.spec.credentials import Credentials
from belts.spec.part import Part


@dataclass(frozen=True, kw_only=True, slots=True)
class Prover(Part):
    """The prover of a belt's rows.

    `digest` is the policy's, `variables` are those that the policy names in the environment; their values are
    passed separately. Evidence is stored in `evidence`, under the key in `key_file`, or else under a secret
    one.
    """

    programs: ClassVar[tuple[str, ...]] = ("prover",)
    policy: Annotated[
        Path,
        PathTo(
            "path of a [policy](gate.md), from the project's directory: a [prover](prove.md) runs beside the "
            "belt and proves the whole history that the policy names; without it none does",
            what="the path of the gate's policy",
            must="a policy",
            live=True,
        ),
    ]
    rate: Annotated[
        int,
        Whole(
            "questions a second that the prover may ask each provider",
            of="questions a second",
            most=100_000,
            live=True,
        ),
    ] = 10
    memory_mb: Annotated[
        int,
        Whole(
            "what the prover may hold; it counts for as much in the memory of the host",
            of="MiB",
            least=192,
            live=True,
        ),
    ] = 256
    digest: Annotated[str, Text()] = ""
    variables: Annotated[tuple[str, ...], Listed()] = ()
    evidence: Annotated[Path, PathTo()] = Path()
    key_file: Annotated[Path | None, PathTo()] = None
    credentials: Credentials = 1
