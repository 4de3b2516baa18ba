"""What a change of the alias is asked for with: the belts by name, and where everything is."""
