"""Pages of models, datasets, runs and candidate generation. Parse, authorise, call, render; no rule lives here."""
