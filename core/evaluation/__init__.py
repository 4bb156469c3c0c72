"""Evaluation: metrics, judges, statistics, the run and the leaderboard."""
