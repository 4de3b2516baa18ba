"""What it costs to prove the whole history of a chain, and to check it again."""
