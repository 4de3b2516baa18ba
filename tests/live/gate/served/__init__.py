"""The gate on real databases."""
