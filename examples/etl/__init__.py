"""A small ETL over the Postgres of belts, as the role `consumer`: it stays right while belts are swapped."""
