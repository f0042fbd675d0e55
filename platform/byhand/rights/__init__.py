"""A person's own rights over their data: take all of it along, and have it erased. Knows no table of other packages."""
