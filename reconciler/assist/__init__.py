"""Declarations, a catalog and plans in; what an assistant is told about them, small, structured and marked, out."""
