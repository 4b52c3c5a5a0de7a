"""The sandbox: twins of the services outside, which speak their HTTP and need no key."""
