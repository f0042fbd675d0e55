"""What closing a pay period computes: premiums, statements, the frozen slice. Its steps are in `wages.services`."""
