"""The real-time server: a process of its own that sends events to clients over Socket.IO."""
