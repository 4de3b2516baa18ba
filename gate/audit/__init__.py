"""The auditor: compares everything that says who serves, and reports every disagreement.

`snapshot` is what was seen, `rules` judge it without I/O, `look` is the only part that looks.
"""
