"""What every test shares: how hard Hypothesis tries."""

import os

from hypothesis import HealthCheck, settings

# No deadline: two test processes share two cores, and a slow example is no fault. In CI the examples are the same
# in every run, so that a red run is red again; elsewhere each run tries new ones.
settings.register_profile(
    "desk", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
