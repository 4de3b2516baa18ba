"""The embedded engine: Hasura v2's read-only GraphQL API over one Postgres database.

Its rooms, each of which imports only those below it:

    serve      reads a request (`http`, `ws`), says who asks (`roles`), takes the snapshot that they see
               (`state`), has it prepared (`preparing`) and runs one statement for each root field (`execute`)
    planner    prepares what is heavy, in a process of its own
    plan       finds or makes the plan of an operation's text (`cache`, `operation`), and puts in its values
               (`prepared`)
    schema     has what a role sees, as a GraphQL schema (`model`, `builder`)
    metadata   has what is tracked, and keeps it
    postgres   has the tables and types that are there, and the connections

The JSON that Postgres shaped goes out as it came.
"""

VERSION = "v2.48.1-belts"
"""What `/v1/version` says: the Hasura whose API this is."""
