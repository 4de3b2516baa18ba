"""Moving the alias: what a change of it is, and how it is made without losing a request or the truth."""
