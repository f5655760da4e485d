"""Estates of companies that never were, repeatable by seed, and what the tool and its local Azure need for them."""
