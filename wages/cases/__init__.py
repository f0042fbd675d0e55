"""Claims, disputes and proposed cuts: who may decide, by when, and what stands in the way."""
