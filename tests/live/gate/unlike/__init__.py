"""A project unlike the example: contracts registered at run time, skipped events, users of two chains."""
