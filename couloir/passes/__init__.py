"""Ways down: passes, rule sets and pipelines."""
