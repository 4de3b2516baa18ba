"""Lets readers on other hosts in to a belt's database: TLS, an address that is allowed, one role."""
