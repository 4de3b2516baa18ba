"""Probes of belts and chains: each one observes one thing and never judges."""
