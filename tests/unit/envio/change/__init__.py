"""What a change of a project means."""
