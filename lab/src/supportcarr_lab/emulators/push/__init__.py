"""Emulator of a push service (RFC 8030), with the browsers that it delivers to."""
