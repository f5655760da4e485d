"""The only importer of azure.*: a service's resource id in, its state read and changes written."""
