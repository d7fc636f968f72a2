"""Ways in: a file or a function of another system becomes a module."""
