"""Credit in the administration: each subject in a module of its own."""

from credit.admin import accounts, checks, fitted, policies, ratings

__all__ = ["accounts", "checks", "fitted", "policies", "ratings"]
