"""The fixture ``world``."""

from support.rescue_world import world

__all__ = ["world"]
