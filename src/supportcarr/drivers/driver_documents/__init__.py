"""Documents that drivers upload: licence, insurance, registration, photos; and their review."""
