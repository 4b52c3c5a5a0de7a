"""Districts of the demo's city, which can be found while no map is imported."""

from __future__ import annotations

# Name, latitude, longitude: each at about the middle of its district, as the apps' own map names them.
DISTRICTS: tuple[tuple[str, float, float], ...] = (
    ("Downtown", 45.5005, -73.571),
    ("Old Montréal", 45.5055, -73.5545),
    ("Le Plateau", 45.5235, -73.579),
    ("Mile End", 45.5245, -73.5985),
    ("Outremont", 45.5165, -73.609),
    ("Mount Royal", 45.5045, -73.588),
    ("Côte-des-Neiges", 45.497, -73.6265),
    ("Westmount", 45.486, -73.597),
    ("Notre-Dame-de-Grâce", 45.473, -73.6155),
    ("Le Sud-Ouest", 45.4785, -73.583),
    ("Verdun", 45.4575, -73.5695),
    ("Rosemont", 45.5505, -73.583),
    ("Villeray", 45.545, -73.622),
    ("Saint-Michel", 45.566, -73.607),
    ("Ahuntsic", 45.556, -73.6595),
    ("Hochelaga", 45.5445, -73.5425),
    ("Mercier", 45.583, -73.527),
    ("Saint-Laurent", 45.5055, -73.684),
)
