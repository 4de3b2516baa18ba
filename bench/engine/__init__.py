"""How fast the engine is beside PostGraphile, and whether its memory stays flat: `python -m bench.engine`."""
