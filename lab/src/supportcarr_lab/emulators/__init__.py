"""Emulators of outside services: servers that speak a service's HTTP API and need no real key."""
