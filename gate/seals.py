"""Identifies the belt that gave an answer by the seal on it."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from belts import seal
from belts.spec.identity import Seed
from gate.agent import HEADERS
from gate.connections import client_options
from gate.exchange import Answer, post
from gate.observations.dial import Sealed
from gate.secret import Address, Secret

QUESTION = {"query": "{ __typename }"}
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Seals:
    """What a belt of this project seals its answers with: its key, and the database that it reads."""

    secret: Secret
    place: seal.Place

    def challenge(self) -> str:
        """A new challenge, which tells the belt that the gate asks: it is answered before others."""
        return seal.proving_challenge(self.secret.reveal())

    def on(self, response: Answer, challenged: str) -> Sealed:
        """The result of checking the seal on one answer."""
        given = response.headers.get(seal.SEAL)
        if given is None:
            return Sealed.NONE
        fits = seal.fits(
            given,
            secret=self.secret.reveal(),
            challenged=challenged,
            place=self.place,
            body=response.body,
        )
        return Sealed.FITS if fits else Sealed.STRANGE


def seals_of(seed: Seed, secret: Secret | None) -> Seals | None:
    """What a belt seals with according to its stack; None for one without a secret."""
    place = (seed.system_identifier, str(seed.database_oid), str(seed.chain_table_oid))
    return None if secret is None else Seals(secret=secret, place=place)


async def at_dial(dial: str, seals: Seals, *, host: str) -> Sealed:
    """Who answers where the gateway would dial, asked with the consumers' host name."""
    return await _sealed(seals, *_reached(dial), host=host)


async def at(address: Address, seals: Seals) -> Sealed:
    """Who answers at a belt's own URL."""
    return await _sealed(seals, address.reveal(), None)


async def answers(dial: str) -> bool:
    """True if anything answers a query there."""
    response = await _asked(*_reached(dial), HEADERS)
    return response is not None and b"data" in response.body


def _reached(dial: str) -> tuple[str, str | None]:
    """A gateway's dial as a URL, and the socket that leads there."""
    socket = dial.removeprefix("unix/") if dial.startswith("unix/") else None
    return f"http://{'belt' if socket else dial}/v1/graphql", socket


async def _sealed(seals: Seals, url: str, socket: str | None, *, host: str = "") -> Sealed:
    challenged = seals.challenge()
    headers = {**HEADERS, seal.CHALLENGE: challenged, **({"host": host} if host else {})}
    response = await _asked(url, socket, headers)
    return Sealed.SILENT if response is None else seals.on(response, challenged)


async def _asked(url: str, socket: str | None, headers: Mapping[str, str]) -> Answer | None:
    """A complete answer with status 200; None for anything else."""
    reach = client_options() if socket is None else client_options(uds=socket)
    try:
        async with httpx.AsyncClient(**reach, timeout=PATIENCE_SECONDS, headers=headers) as client:
            answer = await post(client, url, QUESTION, seconds=PATIENCE_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return answer if answer.ok else None
