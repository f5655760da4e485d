"""What API Management tells of an API besides its settings: its definition, exported in one of several formats."""
