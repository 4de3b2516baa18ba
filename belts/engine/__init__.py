"""The embedded engine: Hasura v2's read-only GraphQL API over one Postgres database.

Its rooms, each of which imports only those below it:

    serve      reads a request (`http`, `ws`), identifies the role (`roles`), takes its snapshot (`state`),
               has the operation prepared (`preparing`) and runs one statement per root field (`execute`)
    planner    prepares heavy operations, in a process of its own
    plan       finds or makes the plan of an operation's text (`cache`, `operation`), and inserts its values
               (`prepared`)
    schema     has what a role sees, as a GraphQL schema (`model`, `builder`)
    metadata   has what is tracked, and keeps it
    postgres   has the tables and types that are there, and the connections

JSON from Postgres is sent out unchanged.
"""

VERSION = "v2.48.1-belts"
"""The answer of `/v1/version`: the Hasura version whose API this is."""
