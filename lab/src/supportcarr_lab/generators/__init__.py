"""Generators of documentation and API descriptions from the code."""
