"""The relay between a belt's indexer and its chains' providers, which limits how often they are asked."""
