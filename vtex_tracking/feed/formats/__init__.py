"""Formats: from the bytes of a feed to its entries; one file a format, and what several of them share."""
