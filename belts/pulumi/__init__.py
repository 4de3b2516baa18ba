"""What of belts knows Pulumi: a belt as a resource, requests as commands, and the boundary of hooks."""
