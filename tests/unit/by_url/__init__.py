"""Belts by URL, without a network: how they are read, led to, told apart, and described."""
