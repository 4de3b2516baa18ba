"""What consumers can ask of the gateway: which belt serves, since when, and how far it is on each chain."""
