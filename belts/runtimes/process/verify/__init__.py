"""Runs a release of Envio on real chains and a real Postgres, and observes it."""
