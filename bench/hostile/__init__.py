"""What hostile clients ask, and what honest ones get beside them."""
