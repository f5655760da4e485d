"""The ids of Entra that declarations name, and what Microsoft Graph finds wrong with them; never what is wanted."""
