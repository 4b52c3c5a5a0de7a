"""The plumbing that every part stands on, one room each.  Knows nothing of the business."""
