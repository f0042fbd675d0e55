"""Template tags of annotation pages."""
