"""How belts were while they were watched: written by a gateway's status endpoint, read by the gate."""
