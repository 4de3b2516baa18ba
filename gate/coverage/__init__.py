"""What was compared or proved of a candidate, made of what was seen: pure, and without an opinion."""
