"""The files of a belt: where they are, its secrets, and whose turn it is to change it."""
