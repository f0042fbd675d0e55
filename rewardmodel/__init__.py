"""Model registry, preference datasets, training runs and gates: the Django side of training."""
