"""File descriptors: each socket and connection is one, and too few would turn clients away without a word."""

import resource

from belts.engine.settings import Settings
from belts.refusal import Refusal

REQUESTS = 1_000
"""Connections of those who ask over HTTP: more than may be under way at a time, by far."""
OWN = 64
"""What the engine has open for itself: files, its log, its loop."""


class TooFew(Refusal):
    """The system lets the engine open less than its settings say that it serves."""


def needed(settings: Settings) -> int:
    """How many descriptors the settings come to."""
    return settings.limits.sockets + settings.connections + REQUESTS + OWN


def raised(wanted: int) -> int:
    """Raises the limit as far as the system lets it be, which has to be as far as is needed."""
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
