"""What is known and what was sent, in one SQLite file: grouping, resuming and reporting are questions to it."""
