"""What was compared or proved of a candidate, derived from observations: pure, and without judgement."""
