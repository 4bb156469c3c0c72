"""Parts of the page Prompt."""
