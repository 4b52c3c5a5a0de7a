"""Files that people upload: photos and documents, their checks, copies, links and ends."""
