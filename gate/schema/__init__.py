"""Compares two schemas, and tells how the change affects those who query them."""

from gate.schema.changes import Change, compare, enum_changes
from gate.schema.known import without_known

__all__ = ["Change", "compare", "enum_changes", "without_known"]
