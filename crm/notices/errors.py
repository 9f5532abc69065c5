"""What can go wrong around notices."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class NoticeKindUnknown(DomainError):
    """No installed app brings this kind of notice."""

    code = "notice_kind_unknown"
    message = _("There is no kind of notice %(kind)s.")


class MailNotFailed(DomainError):
    """Only a mail that failed is sent again."""

    code = "mail_not_failed"
    message = _("Only an e-mail that failed can be sent again.")
