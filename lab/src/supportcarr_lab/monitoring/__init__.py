"""The objectives of the platform, and the rules of Prometheus that are generated from them."""
