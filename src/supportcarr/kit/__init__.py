"""Technical code that every part uses, one sub-package per concern.  It knows nothing of the business."""
