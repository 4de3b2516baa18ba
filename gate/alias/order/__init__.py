"""The request for a change of the alias: the belts by name, and where everything is."""
