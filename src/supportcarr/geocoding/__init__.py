"""Addresses and names to coordinates and back, by the caller's own places, names and a map provider."""
