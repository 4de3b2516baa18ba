"""Runs a release of Envio on real chains and a real Postgres, and looks at what it does."""
