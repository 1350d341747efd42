"""Voting: the rules, the ledger that holds votes, the closing, and the cards."""
