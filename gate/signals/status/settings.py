"""The providers of chain heads, from the environment, because some of these URLs hold keys."""

import re
from collections.abc import Mapping, Sequence

from belts.reading.mistakes import Mistake, MistakesError
from belts.urls import is_http
from gate.secret import Address

VARIABLE = re.compile(r"BELTS_RPC_([1-9][0-9]*)")
NUMBER = re.compile("[0-9]{1,9}")
LIMIT = re.compile(r"BELTS_LAG_([1-9][0-9]*)")


def limits(environment: Mapping[str, str]) -> dict[int, int]:
    """How many blocks a belt may be behind each chain's head; raises `MistakesError`."""
    named = {
        int(match[1]): environment[name] for name in sorted(environment) if (match := LIMIT.fullmatch(name))
    }
    _refuse([f"BELTS_LAG_{chain}" for chain, text in named.items() if not NUMBER.fullmatch(text)], "a number")
    return {chain: int(text) for chain, text in named.items()}


def providers(environment: Mapping[str, str]) -> dict[int, Address]:
    """The provider of each chain; raises `MistakesError`."""
    named = {
        int(match[1]): environment[name]
        for name in sorted(environment)
        if (match := VARIABLE.fullmatch(name))
    }
    _refuse(
        [f"BELTS_RPC_{chain}" for chain, url in named.items() if not is_http(url)], "an http or https URL"
    )
    return {chain: Address(url) for chain, url in sorted(named.items())}


def _refuse(wrong: Sequence[str], expected: str) -> None:
    """Names the variables without showing their values."""
    if wrong:
        mistakes = [Mistake(name, expected, "something else") for name in wrong]
        raise MistakesError(mistakes, of="the environment")
