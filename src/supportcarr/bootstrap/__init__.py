"""Where parts, providers and edges are put together, and nowhere else."""
