"""The engine at work: requests and sockets, who asks, the snapshot they see, and the statements that run."""
