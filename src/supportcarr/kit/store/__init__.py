"""Documents: one port (``port``), its engines, and nothing of the business."""
