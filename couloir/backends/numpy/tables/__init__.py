"""The meanings of the ops, one module for each dialect; imported when an op of the dialect is first run."""
