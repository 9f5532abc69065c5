"""Reads of collection: the work list, one case, what a policy would do."""

from receivables.selectors.collection.case import CasePage, case_page, disputed_on
from receivables.selectors.collection.dry_run import DryRun, dry_run
from receivables.selectors.collection.policies import policy_for
from receivables.selectors.collection.worklist import formula_of, work_list

__all__ = ["CasePage", "DryRun", "case_page", "disputed_on", "dry_run", "formula_of", "policy_for", "work_list"]
