"""The gate, measured: two databases beside reladiff, its memory, and its effect on consumers."""
