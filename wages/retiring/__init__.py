"""How long pay records stay."""
