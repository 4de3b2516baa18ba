"""The prover beside a belt: it proves the whole history in rounds, and reports its progress."""
