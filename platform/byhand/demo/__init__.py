"""The demo: a tiny world, simulated annotators and one whole round. Imported by no other package."""
