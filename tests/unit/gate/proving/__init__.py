"""The prover beside a belt."""
