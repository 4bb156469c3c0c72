"""Parts that pages share. Not pages."""
