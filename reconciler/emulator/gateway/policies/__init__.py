"""Policies by what they are about; each file has the table of its own."""
