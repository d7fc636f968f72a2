"""The NumPy back end: what programs mean, evaluated with arrays."""
