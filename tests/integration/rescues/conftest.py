"""The fixture ``world``."""

from support.rescues.world import world

__all__ = ["world"]
