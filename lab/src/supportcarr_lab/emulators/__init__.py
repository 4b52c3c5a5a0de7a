"""The sandbox: emulators of the services outside, which speak their HTTP and need no key."""
