"""Images that people upload: what they are, and copies without metadata."""
