"""Benchmarks: the harness, and one module for each thing measured. On top of everything, imported by nothing."""
