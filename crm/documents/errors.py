"""Why a document cannot be made."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class DocumentFailed(DomainError):
    """A template cannot be set: a mistake of the house, not of the data."""

    code = "document_failed"
    message = _("The document %(template)s cannot be made: %(cause)s")


class FontsMissing(DomainError):
    """The font of the house is not there: it is fetched with the front-end files."""

    code = "fonts_missing"
    message = _("The font for documents is missing: run scripts.assets on the server.")
