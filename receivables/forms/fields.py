"""Fields that forms of receivables share."""

from django.utils.translation import gettext_lazy as _

from crm.core.widgets import PastDayField


class PostingDayField(PastDayField):
    """The day of what is posted.

    It counts at once, in open amounts and in headroom; a day to come would make the books of today wrong.
    """

    default_error_messages = {"too_late": _("This day has not come yet: nothing is posted in advance.")}
