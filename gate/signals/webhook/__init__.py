"""Announces promotions and rollbacks to a listener: what the ledger's outbox holds, in its order."""
