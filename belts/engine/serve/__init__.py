"""The engine at work: requests and sockets, roles, the snapshot they see, and the statements that run."""
