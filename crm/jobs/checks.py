"""System check of the night: what a step comes after exists, and nothing comes after itself."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from crm.core.registry import registry
from crm.jobs.nightly import AT_THE_END, dependents


@register()
def nightly_check(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for step in registry.nightly_steps.values():
        problems += [
            Error(f"The nightly step {step.key!r} comes after {key!r}, which no app registers.", id="jobs.E001")
            for key in step.after
            if key not in registry.nightly_steps and key != AT_THE_END
        ]
        problems += [
            Error(
                f"The nightly step {step.key!r} comes after {key!r}, which runs at the end of the night.",
                id="jobs.E003",
            )
            for key in step.after
            if AT_THE_END in getattr(registry.nightly_steps.get(key), "after", ())
        ]
        if step.key in dependents(step.key):
            problems.append(Error(f"The nightly step {step.key!r} comes after itself.", id="jobs.E002"))
    return problems
