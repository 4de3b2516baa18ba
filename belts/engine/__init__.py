"""The embedded engine: Hasura v2's read-only GraphQL API over one Postgres database.

A request takes one road: `http` (or `ws`) reads it, `roles` says who asks, `state` has the role's schema,
`cache` finds or makes the plan of its text, `execute` binds the values and runs one SQL statement per root
field, and the JSON that Postgres shaped goes out as it came.
"""

VERSION = "v2.48.1-belts"
"""What `/v1/version` says: the Hasura whose API this is."""
