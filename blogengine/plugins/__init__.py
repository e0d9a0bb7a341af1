"""Plugins: where they are found, how they are loaded, and what happens when they fail."""
