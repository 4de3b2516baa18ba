"""The alias: what it says, who may serve next, how a certificate comes about, and how it is moved."""
