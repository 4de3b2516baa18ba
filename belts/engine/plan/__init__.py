"""An operation becomes SQL: its text read against the schema, and one statement for each root field."""
