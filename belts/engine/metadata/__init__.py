"""The metadata: what is tracked, its document and its commands, and the file that keeps it."""
