"""Verification of a finished city: invariants over the store, the clients' journals and the emulator."""
