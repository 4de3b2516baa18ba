"""The core of the gate: what it says of what it saw."""
