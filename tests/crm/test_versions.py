"""Versions of a policy: a draft takes everything of the version it begins with, except that version's own life."""

from types import SimpleNamespace
from typing import Any

import pytest

from credit.models import CreditCheckPolicy, CreditPolicy, ScorecardVersion
from crm.approvals.models import ChainVersion
from crm.core.errors import NotAllowed
from crm.core.versions import PolicyState, PolicyVersion, VersionNotDraft, discard_draft, draft_from
from customers.models import TierPolicy
from receivables.models import CollectionPolicy

LIFE = {"id", *(field.name for field in PolicyVersion._meta.get_fields()), "version"} - {"name_zh", "name_en"}


@pytest.mark.django_db
@pytest.mark.parametrize("model", [CreditCheckPolicy, CreditPolicy, ScorecardVersion, TierPolicy])
def test_a_draft_says_what_the_version_says_it_was_copied_from(model: Any) -> None:
    first = model.objects.earliest("version")
    writer = SimpleNamespace(pk=7, has_perm=lambda permission: permission == "add")
    draft = draft_from(versions=model.objects.all(), key=first.pk, actor=writer, permission="add")
    draft.refresh_from_db()
    said = [field.name for field in model._meta.concrete_fields if field.name not in LIFE]
    assert {"name_zh", "name_en"} < set(said)
    assert [getattr(draft, name) for name in said] == [getattr(first, name) for name in said]
    assert (draft.state, draft.author_ids, draft.activated_by, draft.activated_at) == (
        PolicyState.DRAFT,
        [7],
        None,
        None,
    )
    assert draft.version == model.objects.exclude(pk=draft.pk).latest("version").version + 1
    assert draft.created_at > first.created_at


@pytest.mark.django_db
def test_who_may_not_copy_makes_no_draft() -> None:
    first, count = CreditPolicy.objects.earliest("version"), CreditPolicy.objects.count()
    stranger = SimpleNamespace(pk=7, has_perm=lambda permission: False)
    with pytest.raises(NotAllowed):
        draft_from(versions=CreditPolicy.objects.all(), key=first.pk, actor=stranger, permission="add")
    assert CreditPolicy.objects.count() == count


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model", [ChainVersion, CollectionPolicy, CreditCheckPolicy, CreditPolicy, ScorecardVersion, TierPolicy]
)
def test_a_draft_is_discarded_by_an_author_or_whoever_may_put_it_into_force(model: Any) -> None:
    def someone(key: int, *held: str) -> Any:
        return SimpleNamespace(pk=key, has_perm=lambda permission: permission in held)

    def discard(version: Any, actor: Any) -> None:
        discard_draft(versions=model.objects.all(), key=version.pk, actor=actor, permission="activate")

    author, stranger, publisher = someone(7, "add"), someone(8, "add"), someone(9, "activate")
    first = model.objects.earliest("version")
    beside = model.objects.filter(**{name: getattr(first, name) for name in ("kind", "code") if hasattr(first, name)})
    for actor in (author, publisher):
        draft = draft_from(versions=beside, key=first.pk, actor=author, permission="add")
        with pytest.raises(NotAllowed):
            discard(draft, stranger)
        assert model.objects.filter(pk=draft.pk).exists()
        discard(draft, actor)
        assert not model.objects.filter(pk=draft.pk).exists()
    with pytest.raises(VersionNotDraft):
        discard(first, publisher)
    assert model.objects.filter(pk=first.pk).exists()
