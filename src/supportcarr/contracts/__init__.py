"""What parts, edges and the kit agree on: pure values, without any other import of this package."""
