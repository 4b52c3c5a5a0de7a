"""An open store of the embedded engine, in a temporary folder."""
