"""Six local chains with a deterministic past and a live present."""
