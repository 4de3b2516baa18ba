"""What consumers are told of the gateway: which belt serves, since when, and how far it is on each chain."""
