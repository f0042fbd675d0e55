"""Pages of wages: parse, authorise, call a service or a selector, render."""
