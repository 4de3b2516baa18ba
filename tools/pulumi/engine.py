"""The Pulumi engine for this checkout: the machine's, else the official release, else built from source."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.cache import Cache
from tools.checkout import Checkout
from tools.links import link
from tools.machine import Machine
from tools.pins import PINS, PULUMI, let_in, listing
from tools.program import Programs
from tools.progress import Lane
from tools.pulumi import build, installed, release
from tools.pulumi.version import PINNED
from tools.stamp import digest

PROGRAMS = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PulumiEngine:
    """The engine, and its host for Python programs."""

    checkout: Checkout
    programs: Programs
    machine: Machine
    environ: Mapping[str, str]
    places: tuple[release.Source, ...] = release.sources(PINNED)
    name: str = "pulumi"

    def inputs(self) -> tuple[str | Path, ...]:
        """What we pin, and which Pulumi the machine has, so that a new or changed one is noticed."""
        own = installed.fingerprint(self._path)
        pins, let_in = self.checkout.root / PINS, str(self._unpinned)
        return (*build.inputs(), pins, let_in, self.machine.key, str(self.checkout.cache), *own)

    def results(self) -> tuple[Path, ...]:
        """The files that exist when it is installed."""
        return (self.checkout.bin / "pulumi", self.checkout.bin / "pulumi-language-python")

    def replaces(self) -> tuple[Path, ...]:
        """Nothing: each version has a folder of its own, and a link to it."""
        return ()

    def run(self, lane: Lane) -> None:
        """Use the first engine that is suitable, and report which."""
        own = installed.find(self._path)
        if isinstance(own, installed.Installed):
            lane.say(f"using {own.pulumi} ({own.version}), found on PATH")
            self._link({"pulumi": own.pulumi, "pulumi-language-python": own.language})
            return
        lane.say(own.reason)
        place = self._cached(lane) or self._released(lane) or self._built(lane)
        self._link({name: place / name for name in PROGRAMS})

    @property
    def _path(self) -> str:
        return installed.search_path(self.environ, without=self.checkout.bin)

    @property
    def _unpinned(self) -> bool:
        return let_in(self.environ, PULUMI)

    @property
    def _cache(self) -> Cache:
        return Cache(root=self.checkout.cache)

    @property
    def _release_key(self) -> str:
        return f"pulumi-{PINNED}-release-{self.machine.key}"

    @property
    def _build_key(self) -> str:
        return f"pulumi-{PINNED}-built-{digest(build.inputs())[:12]}-{self.machine.key}"

    def _cached(self, lane: Lane) -> Path | None:
        taken = self._unpinned or release.is_pinned(PINNED, self.machine, listing(self.checkout.root))
        keys = [self._release_key, self._build_key] if taken else [self._build_key]
        for key in keys:
            place = self._cache.root / key
            if _complete(place):
                lane.say(f"using {place}")
                return place
        return None

    def _released(self, lane: Lane) -> Path | None:
        pinned = listing(self.checkout.root)
        offer = release.look(PINNED, self.machine, self.places, pinned=pinned, unpinned=self._unpinned)
        if isinstance(offer, release.NoOffer):
            lane.say(f"no official release: {offer.reason}")
            return None

        def progress(got: int, size: int) -> None:
            lane.doing(f"downloading Pulumi {PINNED}: {got >> 20} of {size >> 20} MiB")

        def make(work: Path) -> None:
            release.fetch(offer, work, progress=progress)

        try:
            with lane.timed(f"downloading the official release {PINNED}"):
                return self._cache.get(self._release_key, complete=_complete, make=make, waiting=lane.say)
        except OSError as error:
            lane.say(f"the download broke off ({error}), so Pulumi is built instead")
            return None

    def _built(self, lane: Lane) -> Path:
        def make(work: Path) -> None:
            build.build(work, programs=self.programs, environ=self.environ, path=self._path, doing=lane.doing)

        with lane.timed(f"building Pulumi {PINNED} from source: some minutes, once on this machine"):
            return self._cache.get(self._build_key, complete=_complete, make=make, waiting=lane.say)

    def _link(self, targets: Mapping[str, Path]) -> None:
        for name in PROGRAMS:
            if name in targets:
                link(self.checkout.bin / name, targets[name])
            else:
                (self.checkout.bin / name).unlink(missing_ok=True)


def _complete(place: Path) -> bool:
    return all(os.access(place / name, os.X_OK) for name in PROGRAMS)
