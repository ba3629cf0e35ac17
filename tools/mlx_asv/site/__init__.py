"""Our pages: static files that show which release made what slower. docs/site.md describes them."""
