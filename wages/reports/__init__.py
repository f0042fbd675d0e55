"""Public labor reports: subject, disclosure, release object, pages. A report is a pure function of a frozen snapshot."""
