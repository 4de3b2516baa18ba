"""The gate, measured: two databases beside reladiff, its memory, and what consumers notice of it."""
