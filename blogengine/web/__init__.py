"""The public pages and the comment form."""
