"""The RFC 6962 log: Merkle tree, signed checkpoints, proofs. Knows nothing of what it logs."""
