"""Sources: where the bytes of a feed come from, and how they are unpacked on the way."""
