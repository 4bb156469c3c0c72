"""Parts of the page Optimize."""
