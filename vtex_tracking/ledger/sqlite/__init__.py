"""The ledger's SQL: nothing outside this folder knows a table."""
