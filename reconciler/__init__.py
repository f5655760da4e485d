"""Declarations of API access in, a changed Azure API Management service out."""
