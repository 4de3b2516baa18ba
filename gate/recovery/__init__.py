"""How a candidate is judged while the serving belt is dead or stalled."""
