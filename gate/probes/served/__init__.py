"""Compares the candidate's GraphQL with its own database: rows, answers, progress."""
