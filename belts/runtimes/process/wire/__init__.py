"""What a host is asked: the request, what was asked before, and what the other parts were asked."""
