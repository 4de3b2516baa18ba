"""Who asks, what each client took of late, and whose turn it is: no client can keep the others waiting."""
