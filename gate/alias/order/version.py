"""The version of an order: the stack that writes it needs nothing of what reads and carries it out."""

VERSION = 1
ELSEWHERE = 2
"""Of an order for an alias that lives elsewhere: a release that knows directories alone refuses it."""
