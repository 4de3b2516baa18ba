"""The files of a belt: where they are, its secrets, and the lock for changing it."""
