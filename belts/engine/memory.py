"""Returns freed memory to the system: the allocator would keep the most that it ever gave out."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
LARGE = 131_072
"""Allocations from this many bytes on are mapped separately, and returned alone."""


def given_back() -> None:
    """Sets this for the process; does nothing with another allocator."""
    allocator = getattr(ctypes.CDLL(None), "mallopt", None)
    if allocator is not None:
        # Set explicitly, they stay: otherwise each large freed allocation raises them, to 32 MB and more.
        allocator(_MMAP_THRESHOLD, LARGE)
        allocator(_TRIM_THRESHOLD, LARGE)
        allocator(_ARENA_MAX, 2)
