"""The gate on real chains."""
