"""Pages: read the request, ask who it is, call a service or a selector, render. No rule lives here."""
