"""The review of an order for what is made to order."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.forms.orders import ReviewForm
from contracts.models import Order
from contracts.services.order_reviews import MAY_REVIEW, review_order
from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.pages import FormView
from crm.core.permissions import visible_or_404


class ReviewOrder(FormView):
    """Whether an order can be made, and by when; or why it is sent back."""

    form_class, permission = ReviewForm, MAY_REVIEW
    submit = gettext_lazy("Save the review")
    intro = gettext_lazy("What you say holds for the order as it stands: whoever changes it asks for another review.")
    record: Order

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(Order, request.user, **kwargs)

    def form_kwargs(self) -> dict[str, Any]:
        """The day that is wanted is proposed, unless it has gone by."""
        wanted = self.record.wanted_on
        in_time = wanted is not None and wanted >= business_today()
        return {"initial": {"version": self.record.version, "promised_on": wanted if in_time else None}}

    def page_title(self) -> Text:
        return _("Review of order %(number)s") % {"number": self.record.number}

    def perform(self, form: ReviewForm) -> str:
        review_order(actor=self.request.user, order_id=self.record.pk, on=business_today(), **form.cleaned_data)
        return self.record.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()
