"""``supportcarr seed town``: a town with weeks of history, for development.

Each record is made by the functions that make it in the product (decide and evolve, charges, the ledger's
entries, the read model's projection), without its services: they would store every step by itself.
"""
