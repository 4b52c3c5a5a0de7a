"""A real Redis (Valkey) server of its own for the tests."""
