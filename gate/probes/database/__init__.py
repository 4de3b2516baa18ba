"""Looking into the belts' databases: read only, one snapshot a belt, never in the way of consumers."""
