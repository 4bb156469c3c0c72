"""Makes the sample datasets: `python -m data.samples.making` from the project's folder."""
