"""Belts: what one is, where it runs, and the parts it is made of."""
