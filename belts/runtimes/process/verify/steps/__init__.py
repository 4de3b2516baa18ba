"""What is looked at, one file a step."""
