"""The parts of a belt, of a gateway and of local chains, one a module."""
