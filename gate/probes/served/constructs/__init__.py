"""Questions that use one construct of GraphQL each, about rows whose answers are known beforehand."""
