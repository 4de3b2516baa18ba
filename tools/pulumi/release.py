"""The official release of Pulumi: used if its host answers soon, and only with a matching checksum.

An attacker who changes an archive can also change the list of checksums beside it. So the checksum that is
pinned here decides, and that list alone is enough only if the operator allows it.
"""

import hashlib
import re
import tarfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.failure import ReleaseUnverified
from tools.machine import Machine
from tools.pins import PINS, PULUMI, how
from tools.pulumi.version import Version
from tools.web import NoAnswer, ask

ANSWER_S = 4.0
STALLED_S = 30.0
CHUNK = 1 << 18
ALGORITHMS: dict[int, Literal["sha256", "sha512"]] = {64: "sha256", 128: "sha512"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A place that publishes releases: archives, and beside them the list of their checksums."""

    archives: str
    checksums: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Checksum:
    """The hash that one archive must have."""

    algorithm: Literal["sha256", "sha512"]
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A release that can be fetched and verified."""

    url: str
    checksum: Checksum


@dataclass(frozen=True, kw_only=True, slots=True)
class NoOffer:
    """Why no release is available."""

    reason: str


def sources(version: Version) -> tuple[Source, ...]:
    """Where Pulumi publishes a version, in order of preference."""
    hosted = "https://github.com/pulumi/pulumi/releases/download"
    return (
        Source(
            archives="https://get.pulumi.com/releases/sdk",
            checksums=f"https://get.pulumi.com/releases/sdk/pulumi-{version}-checksums.txt",
        ),
        Source(archives=f"{hosted}/v{version}", checksums=f"{hosted}/v{version}/SHA512SUMS"),
    )


def look(
    version: Version,
    machine: Machine,
    places: tuple[Source, ...],
    *,
    pinned: str = "",
    unpinned: bool = False,
    within: float = ANSWER_S,
) -> Offer | NoOffer:
    """The first place that answers in time and lists this machine's archive, with the pinned checksum.

    If none is pinned, the checksum that the place lists, if `unpinned` is allowed; else no place is asked.
    """
    archive = f"pulumi-v{version}-{machine.release}.tar.gz"
    known = find_checksum(pinned, archive)
    if known is None and not unpinned:
        return NoOffer(
            reason=f"{archive} is not in {PINS}; `{how(PULUMI)} make setup` takes it by its host's own list"
        )
    reasons = []
    for place in places:
        told = ask(place.checksums, within=within)
        if isinstance(told, NoAnswer):
            reasons.append(told.reason)
            continue
        listed = find_checksum(told.text, archive)
        if listed is not None:
            return Offer(url=f"{place.archives}/{archive}", checksum=known or listed)
        reasons.append(f"{place.checksums} lists no {archive}")
    return NoOffer(reason="; ".join(reasons))


def is_pinned(version: Version, machine: Machine, pinned: str) -> bool:
    """Whether this machine's archive has a pinned checksum."""
    return find_checksum(pinned, f"pulumi-v{version}-{machine.release}.tar.gz") is not None


def find_checksum(listing: str, archive: str) -> Checksum | None:
    """The checksum of an archive in a list as sha256sum or sha512sum writes it."""
    for line in listing.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].lstrip("*./") == archive and re.fullmatch(r"[0-9a-f]+", words[0]):
            algorithm = ALGORITHMS.get(len(words[0]))
            if algorithm:
                return Checksum(algorithm=algorithm, digest=words[0])
    return None


def fetch(offer: Offer, work: Path, *, progress: Callable[[int, int], None]) -> None:
    """Download into ``work``, verify, and only then unpack into ``work/out``."""
    archive = work / "release.tar.gz"
    total = hashlib.new(offer.checksum.algorithm)
    with urllib.request.urlopen(offer.url, timeout=STALLED_S) as answer, archive.open("wb") as sink:  # noqa: S310
        size = int(answer.headers.get("Content-Length") or 0)
        got = 0
        while chunk := answer.read(CHUNK):
            total.update(chunk)
            sink.write(chunk)
            got += len(chunk)
            progress(got, size)
    if total.hexdigest() != offer.checksum.digest:
        raise ReleaseUnverified(
            f"the archive at {offer.url} was not unpacked",
            expected=f"the checksum that is pinned, or that its publisher lists: {offer.checksum.digest}",
            seen=total.hexdigest(),
            now="try again; if it stays so, something between here and there changes downloads",
        )
    unpack(archive, work / "out")


def unpack(archive: Path, into: Path) -> None:
    """Unpacks the programs of a release from its folder ``pulumi/``, without that folder."""
    with tarfile.open(archive) as members:
        for member in members:
            name = Path(member.name)
            if member.isfile() and name.parent == Path("pulumi") and name.name.startswith("pulumi"):
                member.name = name.name
                members.extract(member, into, filter="data")
