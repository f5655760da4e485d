"""Microsoft Graph 1.0, read only: groups, their members and users of a directory that tests and seeds fill."""
