"""The version of an order: the stack that writes it needs nothing of what reads and carries it out."""

VERSION = 1
