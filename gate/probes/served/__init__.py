"""What the candidate's GraphQL gives, held against the candidate's own database: rows, answers, progress."""
