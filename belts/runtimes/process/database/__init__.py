"""What is written into a belt's Postgres: its roles, their logins and passwords, and its owner."""
