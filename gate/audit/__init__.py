"""The auditor: sets side by side what says who serves, and tells every disagreement.

`snapshot` is what was seen, `rules` judge it without a look at the world, `look` is the only part that looks.
"""
