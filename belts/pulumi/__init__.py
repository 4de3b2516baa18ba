"""Everything of belts that uses Pulumi: a belt as a resource, requests as commands, and hooks' boundary."""
