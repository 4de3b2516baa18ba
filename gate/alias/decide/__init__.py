"""Decides what a change of the alias is, and whether the belt may serve at all."""
