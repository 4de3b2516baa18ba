"""What each role sees: the metadata resolved against the catalogue, and its GraphQL schema."""
