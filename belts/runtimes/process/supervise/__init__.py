"""Programs of a belt: as what they run, who keeps them, and whether they are up."""
