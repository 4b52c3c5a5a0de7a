"""Reads rules, queries and runbooks."""
