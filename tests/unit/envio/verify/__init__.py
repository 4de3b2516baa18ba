"""What a release does, as facts."""
