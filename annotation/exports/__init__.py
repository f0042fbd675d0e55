"""Builds the files of an export: options, reading in a snapshot, what each class may hold, manifest and card."""
