"""System checks: what would go wrong at three in the morning is said at start instead."""
