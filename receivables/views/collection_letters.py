"""Letters: looked at before they go out, sent one by one or many at once, kept as they went out."""

import io
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.core.addresses import page_url, record_url
from crm.core.dates import business_today
from crm.core.display import Text, money
from crm.core.money import base_currency
from crm.core.pages import RecordView
from crm.core.permissions import requires, visible_or_404
from receivables.columns.collection import letter_error, letter_state
from receivables.errors.collection import WHY_OVERTAKEN, LetterOvertaken
from receivables.forms.collection import SendForm
from receivables.models import Letter
from receivables.selectors.collection.overtaken import overtaken
from receivables.selectors.letters import letters_to_read, read_letter, reference, standings
from receivables.services.collection.sending import (
    MOST_LETTERS,
    UNSENT,
    file_name,
    preview,
    queue_letters,
    release_interrupted,
)
from receivables.services.once import once
from receivables.views.base import PostingView
from receivables.views.collection_lists import LetterList

WARNINGS_SHOWN = 20


class LetterPage(RecordView[Letter]):
    """A letter as it reads, what may have crossed with it, and how far it got."""

    model = Letter
    permission = "receivables.view_letter"
    template_name = "receivables/collection/letter.html"
    select_related = ("customer__owner", "legal_entity", "template", "policy_step__policy", "case", "sent_by")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        if self.record.state == Letter.State.SENDING and release_interrupted(Letter.objects.filter(pk=self.record.pk)):
            self.record.refresh_from_db(fields=["state", "error_code", "error_params"])
        letter = letters_to_read(Letter.objects.filter(pk=self.record.pk)).get()
        text = read_letter(letter)
        waits = letter.state in UNSENT
        why = overtaken([letter.pk], business_today()).get(letter.pk) if waits else None
        error = str(LetterOvertaken(why=why)) if why else letter_error(letter)
        if letter.error_code == LetterOvertaken.code and not why:
            error = ""  # what had overtaken it is gone again
        return {
            "letter": self.record,
            "text": text,
            "reference": reference(letter),
            "state": letter_state(letter),
            "error": error,
            "standing": standings([letter])[letter.customer_id, letter.legal_entity_id],
            "waits": waits,
            "is_sending": letter.state == Letter.State.SENDING,
            "may_send": waits and not why and user.has_perm("receivables.send_letter"),
            "lines": [(line, max((letter.on - line.due_on).days, 0)) for line in text.lines],
        }


@requires("receivables.view_letter")
def letter_pdf(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The letter as PDF: what was sent as it was kept, what waits as it would go out now."""
    letter = visible_or_404(letters_to_read(Letter.objects.all()), request.user, pk=pk)
    if letter.file:
        if not letter.file.storage.exists(str(letter.file.name)):
            raise Http404
        document: Any = letter.file.open("rb")
    else:
        document = io.BytesIO(preview(letter))
    return FileResponse(document, filename=file_name(letter), content_type="application/pdf")


class SendLetters(PostingView):
    """Send one letter, or those ticked in the list, after a look at what may have crossed with them."""

    permission = "receivables.send_letter"
    form_class = SendForm
    template_name = "receivables/collection/send.html"
    dialog_template_name = "receivables/collection/send_dialog.html"
    submit = gettext_lazy("Send")
    wide = True

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        if "pk" in kwargs:
            picked: QuerySet[Any] = Letter.objects.visible_to(request.user).filter(**kwargs)
            if not picked.exists():
                raise Http404
        else:
            picked = LetterList.picked(request.user, request.POST)
        ids = list(picked.filter(state__in=UNSENT).order_by("pk").values_list("pk", flat=True)[: MOST_LETTERS + 1])
        self.ids = ids[:MOST_LETTERS]
        left_out = overtaken(self.ids, business_today())
        chosen = list(Letter.objects.filter(pk__in=self.ids).select_related("customer", "legal_entity").order_by("pk"))
        self.letters = [letter for letter in chosen if letter.pk not in left_out]
        self.left_out = [(letter, WHY_OVERTAKEN[left_out[letter.pk]]) for letter in chosen if letter.pk in left_out]
        self.too_many = len(ids) > MOST_LETTERS

    def asks_first(self, request: HttpRequest) -> bool:
        return "idempotency_key" not in request.POST

    def page_title(self) -> Text:
        count = len(self.letters)
        return ngettext("Send %(count)s letter", "Send %(count)s letters", count) % {"count": count}

    def what_happens(self) -> list[Text]:
        count = len(self.letters)
        if not count:
            return [] if self.left_out else [_("None of these letters waits to be sent.")]
        total = sum((letter.base_amount for letter in self.letters), start=self.letters[0].base_amount * 0)
        sentences: list[Text] = [
            ngettext(
                "%(count)s letter about %(amount)s %(currency)s goes out. Without an e-mail address it is printed.",
                "%(count)s letters about %(amount)s %(currency)s go out. Those without an e-mail address are printed.",
                count,
            )
            % {"count": count, "amount": money(total), "currency": base_currency()}
        ]
        if self.too_many:
            sentences.append(_("Only the first %(count)s are sent at once.") % {"count": MOST_LETTERS})
        return sentences

    def context(self, request: HttpRequest) -> dict[str, Any]:
        found = standings(self.letters)
        crossed = [
            (letter, found[letter.customer_id, letter.legal_entity_id])
            for letter in self.letters
            if found[letter.customer_id, letter.legal_entity_id].unallocated
        ]
        days = [each.receipts_through for each in found.values() if each.receipts_through]
        return {
            "what_happens": self.what_happens(),
            "ids": self.ids,
            "letters": self.letters,
            "left_out": self.left_out[:WARNINGS_SHOWN],
            "left_out_count": len(self.left_out),
            "crossed": crossed[:WARNINGS_SHOWN],
            "crossed_count": len(crossed),
            "receipts_through": min(days, default=None),
        }

    def cancel_url(self) -> str:
        if len(self.ids) == 1:
            return record_url("receivables:letter", self.ids[0])
        return page_url("receivables:letters")

    def perform(self, form: Any) -> str:
        ids = self.ids
        started: list[Any] = []

        def work() -> Any:
            started.append(queue_letters(actor=self.user, letter_ids=ids, on=business_today()))
            return started[0]

        once("collection.letters", form.cleaned_data["idempotency_key"], work, ids=ids)
        url: str = started[0].outcome_url if started and len(ids) > 1 else self.cancel_url()
        return url

    def done_message(self) -> Text:
        count = len(self.letters)
        return ngettext("%(count)s letter is being sent.", "%(count)s letters are being sent.", count) % {
            "count": count
        }
