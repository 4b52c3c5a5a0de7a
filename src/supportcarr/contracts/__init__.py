"""What the parts say to each other.  Pure values; imports nothing of ours."""
