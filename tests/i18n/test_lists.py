"""Lists inside a sentence are joined as the reader's language does it."""

import pytest
from django.utils import translation

from credit.timeline import terms_changed
from customers.timeline import updated
from receivables.selectors.collection.conditions import words_of
from receivables.timeline.documents import invoices_imported

FIELDS = {"fields": ["phone", "email"]}
CHANGES = {"changes": {"term_days": [30, 60], "limit": ["0", "500.00"]}, "reason": "OK"}
TOTALS = {"count": 2, "amounts": {"CNY": "10.00", "USD": "5.00"}}


@pytest.mark.parametrize(("language", "comma", "semicolon"), [("en", ", ", "; "), ("zh-hans", "、", "；")])
def test_lists_are_joined_in_the_language_of_the_reader(language: str, comma: str, semicolon: str) -> None:
    with translation.override(language):
        said = [updated(FIELDS), invoices_imported(TOTALS), words_of({"class": ["A", "B"]})]
        parts = [terms_changed(CHANGES), words_of({"class": ["A"], "grade": ["AA"]})]
    assert [text.count(comma) for text in said] == [1, 1, 1]
    assert [text.count(semicolon) for text in parts] == [1, 1]
