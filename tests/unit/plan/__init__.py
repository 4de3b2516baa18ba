"""What a change means, without a belt."""
