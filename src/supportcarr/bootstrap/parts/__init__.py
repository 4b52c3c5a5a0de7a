"""One module for each part: the objects that it consists of in a process, and what it declares."""
