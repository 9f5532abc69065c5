"""Why a run ended badly, as codes; and how any stored code becomes a sentence again."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class WorkerLost(DomainError):
    """The worker died, or was too slow to say that it lives, as often as a run is tried."""

    code = "worker_lost"
    message = _("The worker stopped %(attempts)s times in the middle of this work. Nothing was half done; try again.")


class KindUnknown(DomainError):
    """No installed app knows this kind of run any more."""

    code = "run_kind_unknown"
    message = _("This installation does not know this kind of work.")


class Unexpected(DomainError):
    """A mistake of the program; its trace stands in the log under the number of the run."""

    code = "unexpected"
    message = _("An unexpected error stopped this work (%(error)s). Nothing was half done. The log has the details.")


class NotCancellable(DomainError):
    """The run has ended already."""

    code = "run_ended"
    message = _("This work has already ended.")


class NotRetryable(DomainError):
    """Only a run that failed or was cancelled can be tried again."""

    code = "run_not_failed"
    message = _("Only work that failed or was cancelled can be tried again.")


class StepUnknown(DomainError):
    """No installed app brings this step of the night."""

    code = "nightly_step_unknown"
    message = _("The night has no step %(step)s.")


class NightFailed(DomainError):
    """A night that was worked off in one go stopped at a step."""

    code = "night_failed"
    message = _("The step %(step)s of the night failed: %(error)s")


def sentence(code: str, params: dict[str, Any]) -> str:
    """The stored code and figures of an error in the reader's language; empty for a code nobody knows."""
    for error in subclasses(DomainError):
        if error.code == code:
            # Not its constructor: what is stored are the figures that the constructor made of its arguments.
            restored = error.__new__(error)
            restored.params = params
            try:
                return str(restored)
            except (KeyError, TypeError, ValueError):
                return str(error.message)
    return ""


def subclasses(error: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in error.__subclasses__():
        yield child
        yield from subclasses(child)
