"""The parts of ``benchmarks/api.py``: a made-up city, the servers under test, the load, the figures."""
