"""Around the clock: what is recorded, how it is said in words, how it is derived again. Its rules: `wages.rules`."""
