"""Suffixes under which a registry sells domains: `a.co.uk` and `b.co.uk` have two owners.

This is a pinned list, not the whole public suffix list: a missing suffix merges two providers into one, and
then a policy is refused; it never splits one into two.
"""

SOLD = {
    "ar": "com net org",
    "at": "co or",
    "au": "com net org id",
    "br": "com net org",
    "cn": "com net org",
    "hk": "com net org",
    "id": "co net or web",
    "il": "co net org",
    "in": "co firm gen ind net org",
    "jp": "ad co gr ne or",
    "kr": "co ne or re",
    "mx": "com net org",
    "my": "com net org",
    "nz": "co net org",
    "sg": "com net org",
    "th": "co in net or",
    "tr": "com net org",
    "tw": "com idv net org",
    "ua": "com net org",
    "uk": "co ltd me net org plc",
    "vn": "com net org",
    "za": "co net org web",
}

REGISTRIES = frozenset(f"{name}.{country}" for country, names in SOLD.items() for name in names.split())
