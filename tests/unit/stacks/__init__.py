"""Settings, outputs and the programs, without an engine."""
