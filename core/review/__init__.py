"""Human review: rounds, the queue, what verdicts say of answers, judges and reviewers."""
