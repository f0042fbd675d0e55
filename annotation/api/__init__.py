"""The JSON interface: the same services and selectors as the pages, session cookie and CSRF token."""
