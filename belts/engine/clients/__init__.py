"""Clients, what each used recently, and the order of turns: no client can keep the others waiting."""
