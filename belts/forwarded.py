"""The headers by which a gateway tells the engine behind it the client's address and allowed rate.

The gateway sets both on every request, whatever a client wrote there. An engine accepts them only from its
own gateway: on the gateway's socket, or from an address in its settings.
"""

CLIENT = "x-belts-client"
"""The address of the client, as the gateway sees it."""
RATE = "x-belts-rate"
"""How many operations per second one client may ask for."""
GATEWAY = "the gateway"
"""Stands for the peer's address on the socket that only the gateway may use."""
