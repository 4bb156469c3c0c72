"""Models over time: what they take, what they cost, when they end."""
