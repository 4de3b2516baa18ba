"""Six local chains with a deterministic past that go on in real time."""
