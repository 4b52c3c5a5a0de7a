"""SupportCarr: roadside rescue for e-bike riders, by neighbours with pickup trucks."""

__version__ = "0.1.0"
