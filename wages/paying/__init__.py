"""The rules of payouts that need no database: where pay may go, what a line sends, and the files out and in."""
