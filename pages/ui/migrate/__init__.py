"""Parts of the page Migrate."""
