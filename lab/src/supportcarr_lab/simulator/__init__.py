"""A city of riders and drivers that use the public API only: the demo, the load, the experiments."""
