"""The pages that a person reads, held to what is there."""
