"""What it costs to prove the whole history of a chain, and to look at it again."""
