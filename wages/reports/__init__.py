"""Public labor reports: subject, disclosure, release object, pages. Pure functions of a frozen snapshot."""
