"""Reads what people write, in files, requests and the environment: every mistake at once, with its path.

`yaml` makes a document of a text. A `node` is for documents of any shape, taken apart by hand; `fields` are
for maps whose parts say themselves, by `kinds`, what stands in them, and `codec` makes the parts.
"""
