"""The real-time edge: a process of its own that tells people what happens, over Socket.IO."""
