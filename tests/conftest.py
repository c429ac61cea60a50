"""What holds for all tests."""

from __future__ import annotations

from hypothesis import Phase, settings

# For `make mutate`: a mutant needs to be noticed, not to be shown by its smallest example, and each time in the same way.
settings.register_profile(
    "mutate",
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
)
