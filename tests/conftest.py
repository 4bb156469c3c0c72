"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# A busy machine is slow to make examples, which says nothing about the code.
settings.register_profile(
    "workbench", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
settings.load_profile("workbench")
