"""What a belt, a gateway and local chains are: one frozen class per part, fully described by its fields."""
