"""Looks for contradictions inside one belt: all of its rows, in one snapshot, without another belt."""
