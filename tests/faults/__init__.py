"""Faults in, each met by a run of this tool; what one more run makes of it, counted, out."""
