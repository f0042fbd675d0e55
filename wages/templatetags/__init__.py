"""Template tags of pay pages."""
