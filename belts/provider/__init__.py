"""Providers, which answer a chain's JSON-RPC: their names, their errors, and how often they are asked."""
