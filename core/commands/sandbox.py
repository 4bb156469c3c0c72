"""`python -m core sandbox`: serve simulated models on this machine."""
