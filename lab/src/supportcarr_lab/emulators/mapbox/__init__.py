"""An emulator of Mapbox: geocoding, and what Mapbox GL JS asks for when it draws a style."""
