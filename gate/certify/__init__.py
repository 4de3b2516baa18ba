"""Judges a change of the alias by a run of the gate, and certifies what passes."""
