"""The demo: two real belts on six local chains, and the alias moved between them while a consumer reads."""
