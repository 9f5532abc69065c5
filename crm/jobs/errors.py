"""Why a run ended badly, as codes; and how any stored code becomes a sentence again."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.utils.translation import gettext
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


class NightNotYet(DomainError):
    """A night of a date that has not come."""

    code = "night_not_yet"
    message = _("The night of %(on)s has not come yet.")


class KeepsOnlyNow(DomainError):
    """A step that keeps only what is true now would put an old state over the new one."""

    code = "nightly_step_keeps_only_now"
    message = _("The step %(step)s keeps only what is true now; it is repeated in the newest night, %(newest)s, only.")


class StepAtWork(DomainError):
    """A step that is waiting or at work is not begun a second time."""

    code = "nightly_step_at_work"
    message = _("The step %(step)s is under way or waits for its turn.")


class NightOvertaken(DomainError):
    """The next night began before this step was done; it keeps only what is true now, so the next one does it."""

    code = "night_overtaken"
    message = _("The night of %(on)s began before this was done, and does it.")


class FiguresDiffer(DomainError):
    """A running sum is not what the movements say."""

    code = "figures_differ"
    message = _("%(count)s figures differ from the movements they come from: %(names)s. Nothing else was changed.")

    def __str__(self) -> str:
        areas: dict[str, int] = self.params["areas"]
        names = _(", ").join(f"{area(key)} {count}" for key, count in areas.items())
        return str(self.message) % {"count": self.params["count"], "names": names}


def area(key: str) -> str:
    """What a verifier looks after: its app in the reader's language."""
    if apps.is_installed(key):
        return str(apps.get_app_config(key).verbose_name)
    return gettext(key.capitalize())


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
