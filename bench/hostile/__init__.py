"""What hostile clients send, and what honest ones get beside them."""
