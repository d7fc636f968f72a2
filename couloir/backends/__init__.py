"""Ways out: each back end takes a module to something that runs."""
