"""Two schemas, and what the way from one to the other does to those who query it."""

from gate.schema.changes import Change, compare, enum_changes
from gate.schema.known import without_known

__all__ = ["Change", "compare", "enum_changes", "without_known"]
