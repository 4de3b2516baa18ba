"""Finds rows by their keys, however a release of Envio spells the addresses in them.

Addresses are in lower case in some releases and checksummed in others, and handlers put them into the keys of
their rows.
"""

import re
from collections.abc import Iterable

from eth_utils.address import to_checksum_address

from gate.policy.groundtruth import GroundTruth
from gate.probes.truth.holders import Holder, Row

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}(?![0-9a-fA-F])")


def checksummed(key: str) -> str:
    """The key with every address in it in the spelling of EIP-55."""
    return ADDRESS.sub(lambda match: to_checksum_address(match[0]), key)


async def rows_of(candidate: Holder, truth: GroundTruth, keys: Iterable[str]) -> dict[str, Row]:
    """The candidate's rows with these keys, or with these keys in checksummed spelling.

    The result uses the requested keys.
    """
    asked = sorted(set(keys))
    if not asked:
        return {}
    found = await candidate.rows(truth, asked)
    spelt = {checksummed(key): key for key in asked if key not in found}
    others = sorted(spelling for spelling, key in spelt.items() if spelling != key)
    if others:
        found |= {spelt[spelling]: row for spelling, row in (await candidate.rows(truth, others)).items()}
    return found
