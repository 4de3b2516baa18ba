"""What a belt's prover gets: its current policy, and the secrets for it."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace

from pulumi import Input, Output, RunError

from belts.reading.mistakes import MistakesError
from belts.reading.node import VARIABLE
from belts.spec.belt import BeltSpec
from belts.spec.prover import Prover
from gate.files import evidence_directory, policy_of, policy_text
from gate.seal import VARIABLE as EVIDENCE_KEY
from gate.seal import key_file


class PolicyRefused(MistakesError, RunError):
    """A prover's policy cannot be read."""


def whole(spec: BeltSpec, environment: Mapping[str, str] = os.environ) -> BeltSpec:
    """The spec with all that its prover needs; an unreadable policy is refused before anything starts."""
    if spec.prover is None:
        return spec
    try:
        text = policy_text(spec.prover.policy)
        policy_of(text, environment)
    except MistakesError as error:
        raise PolicyRefused(
            error.mistakes,
            of=f"the policy of {spec.name}'s prover",
            left="nothing was touched",
            now=f"mend {spec.prover.policy}, which `belts:prove.policy` names",
        ) from None
    return replace(
        spec,
        prover=replace(
            spec.prover,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            variables=tuple(sorted({name for name in VARIABLE.findall(text) if environment.get(name)})),
            evidence=evidence_directory(environment).resolve(),
            key_file=None if environment.get(EVIDENCE_KEY) else key_file(environment).resolve(),
        ),
    )


def secrets(
    prover: Prover | None, environment: Mapping[str, str] = os.environ
) -> dict[str, Input[str]] | None:
    """The values of the policy's variables, and the evidence key if it is in the environment."""
    if prover is None:
        return None
    told = {f"policy:{name}": environment[name] for name in prover.variables}
    told |= {} if prover.key_file else {"evidenceKey": environment[EVIDENCE_KEY]}
    return {name: Output.secret(value) for name, value in told.items()}
