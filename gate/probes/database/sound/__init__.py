"""Looking for contradictions inside one belt: all of its rows, in one snapshot, with no other belt."""
