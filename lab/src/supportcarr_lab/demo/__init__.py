"""``supportcarr demo`` and ``up``: every process on this machine, and a city to live in them."""
