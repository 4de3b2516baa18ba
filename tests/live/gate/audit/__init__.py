"""The auditor on a host with a real gateway, a real ledger and a real database."""
