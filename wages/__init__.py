"""The paid clock, rate cards, the ledger, pay periods, statements, public reports and the log. Knows no ML."""
