"""Inputs that nobody would write, thrown at everything that reads what others wrote; each in a process that may die."""
