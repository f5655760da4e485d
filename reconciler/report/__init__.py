"""Plans and outcomes in; the same story as terminal text, Markdown or JSON out: access first, resources second."""
