"""Looks through a belt's GraphQL endpoint, as its consumers do."""
