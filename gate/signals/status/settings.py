"""Where the heads of chains are told, as the environment says it: some of these URLs hold keys."""

import re
from collections.abc import Mapping

from belts.urls import is_http
from gate.secret import Address

VARIABLE = re.compile(r"BELTS_RPC_([1-9][0-9]*)")
LIMIT = re.compile(r"BELTS_LAG_([1-9][0-9]*)")


class BadSettings(Exception):
    """A variable does not hold what it should; it is named, and what it holds is not shown."""


def limits(environment: Mapping[str, str]) -> dict[int, int]:
    """How many blocks a belt may be behind each chain's head, or `BadSettings`."""
    named = {
        int(match[1]): environment[name] for name in sorted(environment) if (match := LIMIT.fullmatch(name))
    }
    wrong = [f"BELTS_LAG_{chain}" for chain, text in named.items() if not re.fullmatch("[0-9]{1,9}", text)]
    if wrong:
        raise BadSettings(f"expected a number of blocks in {', '.join(wrong)}, got something else")
    return {chain: int(text) for chain, text in named.items()}


def providers(environment: Mapping[str, str]) -> dict[int, Address]:
    """The provider of each chain, or `BadSettings`."""
    named = {
        int(match[1]): environment[name]
        for name in sorted(environment)
        if (match := VARIABLE.fullmatch(name))
    }
    wrong = [f"BELTS_RPC_{chain}" for chain, url in named.items() if not is_http(url)]
    if wrong:
        raise BadSettings(f"expected an http or https URL in {', '.join(wrong)}, got something else")
    return {chain: Address(url) for chain, url in sorted(named.items())}
