"""The proof of the whole history: every log that a chain holds, and the rows that it requires."""
