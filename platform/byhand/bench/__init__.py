"""Benchmarks: the harness, and one module for each thing that is measured. On top of everything, imported by nothing."""
