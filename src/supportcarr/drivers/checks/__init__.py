"""Checks of applicants by outside providers: identity and background."""
