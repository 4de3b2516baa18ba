"""The headers by which a gateway tells the engine behind it who asks, and how often one client may.

The gateway sets both on every request, whatever a client wrote there. An engine believes them of its own
gateway alone: of who comes to the socket that is there for it, or whose address is among those that it was
told of.
"""

CLIENT = "x-belts-client"
"""The address of the client, as the gateway sees it."""
RATE = "x-belts-rate"
"""How many operations a second one client may ask for."""
GATEWAY = "the gateway"
"""The peer, in the place of an address, of a connection to the socket that only the gateway enters."""
