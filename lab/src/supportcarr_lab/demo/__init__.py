"""``supportcarr demo``: the platform's processes on this machine, and a simulated city that uses them."""
