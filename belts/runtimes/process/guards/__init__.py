"""What is refused before anything is touched: ports, memory, changes and removals."""
