"""File descriptors: each socket and connection needs one, and a shortage would silently reject clients."""

import resource

from belts.engine.settings import Settings
from belts.refusal import Refusal

REQUESTS = 1_000
"""Connections over HTTP: far more than may be in progress at a time."""
OWN = 64
"""Descriptors of the engine itself: files, its log, its event loop."""


class TooFew(Refusal):
    """The system allows fewer open files than the engine's settings need."""


def needed(settings: Settings) -> int:
    """How many descriptors the settings need."""
    return settings.limits.sockets + settings.connections + REQUESTS + OWN


def raised(wanted: int) -> int:
    """Raises the soft limit to the hard one, which must be at least `wanted`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if hard != unlimited and hard < wanted:
        raise TooFew(
            "the engine has too few file descriptors",
            expected=f"{wanted:,} at least, for the sockets and connections of its settings",
            seen=f"a hard limit of {hard:,}",
            now="raise the limit (`ulimit -Hn`, `LimitNOFILE=`), or lower BELTS_ENGINE_MAX_SOCKETS",
        )
    found = hard if hard != unlimited else max(soft, wanted)
    if soft != found:
        resource.setrlimit(resource.RLIMIT_NOFILE, (found, hard))
    return found
