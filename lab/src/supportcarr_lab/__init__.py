"""Development tools: a simulated city, emulators, verification, fault injection and generators."""
