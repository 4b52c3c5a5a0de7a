"""Partners: companies that use the API with keys."""
