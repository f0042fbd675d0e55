"""The API of pay. Thin: it parses and shapes; services and selectors decide."""
