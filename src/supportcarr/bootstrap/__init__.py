"""The only place where parts, providers and edges are put together."""
