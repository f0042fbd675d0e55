"""Projects, prompts, completions, leases and ballots: how people rank what a model wrote."""
