"""Announces promotions and rollbacks to a listener, from the ledger's outbox, in order."""
