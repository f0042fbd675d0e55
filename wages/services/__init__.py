"""The only writers of wages."""
