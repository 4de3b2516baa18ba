"""What is freed goes back to the system: the allocator would keep the largest that it ever gave out."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
LARGE = 131_072
"""Bytes from which on a piece of memory is the system's own, and given back alone."""


def given_back() -> None:
    """From now on; where the allocator is another one, it is left as it is."""
    allocator = getattr(ctypes.CDLL(None), "mallopt", None)
    if allocator is not None:
        # Set by hand they stay: else each large piece that is freed raises them, to 32 MB and more.
        allocator(_MMAP_THRESHOLD, LARGE)
        allocator(_TRIM_THRESHOLD, LARGE)
        allocator(_ARENA_MAX, 2)
