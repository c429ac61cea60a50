"""Updates → VTEX: what one request is, what its answer means, when the next one may start."""
