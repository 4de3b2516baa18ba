"""Programs of a belt: how they run, what keeps them up, and whether they are up."""
