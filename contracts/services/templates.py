"""Versions of templates: drafted by some, reviewed and published by legal, retired by the next one."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pghistory
from django.db import IntegrityError
from django.utils.translation import gettext as _

from contracts.clause_text import condition_problem, known_names, own_problems, problems_in
from contracts.errors import (
    AuthorPublishes,
    LanguageMissing,
    LibraryThere,
    NothingToCopy,
    NotOfLibrary,
    TemplateFaulty,
    TemplateNameless,
    TemplateTaken,
    VersionChanged,
    VersionChangedByYou,
    VersionInWork,
    VersionNotDraft,
    VersionStateForbids,
)
from contracts.models import (
    Clause,
    ContractKind,
    ContractLanguage,
    Element,
    Template,
    TemplateVersion,
    VersionState,
    VersionStep,
)
from contracts.rules import contracts as rules
from contracts.rules.library import LIBRARY
from contracts.selectors.editing import is_own
from contracts.selectors.library import sources
from crm.accounts.models import User
from crm.core.dates import business_today
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.notices.services import notify

MAY_WRITE = "contracts.change_templateversion"
MAY_PUBLISH = "contracts.publish_template"


def lock_version(version_id: int) -> TemplateVersion:
    return (
        TemplateVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("template")
        .get(pk=version_id)
    )


def create_template(
    *,
    actor: Any,
    kind: str,
    name_zh: str,
    name_en: str,
    code: str,
    languages: Sequence[str],
    copy_of_id: int | None = None,
) -> Template:
    """Begin a template, with the draft of a first version in each language: empty, or as a copy of what another
    template has published. The actor is the author of all of them.

    The clause library is one, too.

    Raises NotAllowed, LanguageMissing, TemplateNameless, TemplateTaken, LibraryThere, NothingToCopy.
    """
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    wanted = [language for language in ContractLanguage if language in languages]
    if not wanted:
        raise LanguageMissing
    head = {"name_zh": name_zh.strip(), "name_en": name_en.strip(), "code": code.strip().lower()}
    if not all(head.values()):
        raise TemplateNameless
    source = Template.objects.filter(pk=copy_of_id).first() if copy_of_id else None
    try:
        with atomic_or_busy(), pghistory.context(user=actor.pk):
            template = Template.objects.create(kind=kind if kind == LIBRARY else ContractKind(kind), **head)
            for language in wanted:
                begin_version(template, language, copied=published_of(source, language) if source else None, by=actor)
    except IntegrityError as error:
        raise taken(error, head) from error
    return template


def published_of(template: Template, language: ContractLanguage) -> TemplateVersion:
    """Raises NothingToCopy."""
    found = template.versions.filter(language=language, state=VersionState.PUBLISHED).first()
    if found is None:
        raise NothingToCopy(template=template.name, language=language.label)
    return found


def taken(error: IntegrityError, head: Mapping[str, str]) -> Exception:
    """Which name or code of another template stood in the way, or that there is a library."""
    if "template_one_library" in str(error):
        return LibraryThere()
    for name, value in head.items():
        if f"template_{name}" in str(error):
            return TemplateTaken(name=value)
    return error


def begin_version(
    template: Template, language: str, *, copied: TemplateVersion | None, by: Any, number: int = 1
) -> TemplateVersion:
    """A draft with the clauses and variables of another version, if any."""
    own = template.name_zh if language == ContractLanguage.CHINESE else template.name_en
    made: TemplateVersion = TemplateVersion.objects.create(
        template=template,
        number=number,
        language=language,
        title=copied.title if copied and copied.template_id == template.pk else own,
        variables=copied.variables if copied else [],
        author_ids=[by.pk],
        created_by=by,
    )
    if copied:
        words = Clause.own_words if template.is_library else Clause.kept_words
        Clause.objects.bulk_create(Clause(version=made, **words(clause)) for clause in copied.clauses.all())
    return made


def new_version(*, actor: Any, template_id: int, language: str) -> TemplateVersion:
    """Begin the next version of a template in one language, as a copy of the newest that was not discarded.

    Raises NotAllowed, VersionInWork.
    """
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    with atomic_or_busy():
        template = Template.objects.select_for_update(no_key=True).get(pk=template_id)
        versions = template.versions.filter(language=ContractLanguage(language))
        in_work = versions.filter(state__in=(VersionState.DRAFT, VersionState.LEGAL_REVIEW)).first()
        if in_work is not None:
            raise VersionInWork(number=in_work.number)
        last = versions.order_by("-number").first()
        copied = versions.exclude(state=VersionState.DISCARDED).order_by("-number").first()
        return begin_version(template, language, copied=copied, by=actor, number=last.number + 1 if last else 1)


def save_version(
    *,
    actor: Any,
    version_id: int,
    edition: int | None,
    title: str,
    variables: list[dict[str, Any]],
    clauses: Sequence[dict[str, Any]],
) -> TemplateVersion:
    """Replace the words of a draft version; the actor is one of its authors from now on.

    A clause with `source_id` was taken from the library.

    Raises NotAllowed, VersionNotDraft, VersionChanged, NotOfLibrary.
    """
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        version = lock_version(version_id)
        if version.state != VersionState.DRAFT:
            raise VersionNotDraft
        if edition is not None and edition != version.edition:
            if (version.title, version.variables) == (title, variables) and [
                {"source_id": None, **clause, "position": position} for position, clause in enumerate(clauses, 1)
            ] == [clause.kept_words() for clause in version.clauses.all()]:
                return version  # sent twice
            raise VersionChangedByYou if is_own(version, "edition", edition, actor) else VersionChanged
        check_sources(version, clauses)
        version.title, version.variables = title, variables
        version.edition += 1
        if actor.pk not in version.author_ids:
            version.author_ids = [*version.author_ids, actor.pk]
        version.save()
        version.clauses.all().delete()
        Clause.objects.bulk_create(
            Clause(version=version, **{**clause, "position": position}) for position, clause in enumerate(clauses, 1)
        )
    return version


def check_sources(version: TemplateVersion, clauses: Sequence[Mapping[str, Any]]) -> None:
    """What is said to come from the library does; the library itself takes nothing. Raises NotOfLibrary."""
    taken = [clause for clause in clauses if clause.get("source_id")]
    if not taken:
        return
    known = {} if version.template.is_library else sources([each["source_id"] for each in taken], version.language)
    for clause in taken:
        if clause["source_id"] not in known:
            raise NotOfLibrary(title=clause["title"])


def condition_words(problem: str) -> str:
    """What is wrong with a condition (contracts.clause_text.condition_problem), as part of a sentence."""
    if problem == "kind":
        return _(
            "the condition compares with what that name can never be: figures are compared with a number, days with a "
            "day as '2026-01-31', settlement and form of the customer with their codes, other texts with a text in "
            "quotes by == or !="
        )
    return _("the condition names what is not known") if problem == "unknown" else _("the condition cannot be read")


def faults_of(variables: Any, clauses: Sequence[Clause], *, is_library: bool = False) -> list[str]:
    """What keeps a version from review, in words: unknown variables and marks, conditions, elements nobody provides.

    The library is no contract: its clauses need not provide every element.
    """
    found = []
    if bad := own_problems(variables):
        return [_("variable %(name)s is not fit") % {"name": name} for name in bad]
    known = known_names(variables)
    for clause in clauses:
        for kind, word in problems_in(clause.text, known):
            place = {"clause": clause.title, "word": word}
            found.append(
                _("%(clause)s: %(word)s is not known") % place
                if kind == "unknown"
                else _("%(clause)s: %(word)s means nothing here") % place
            )
        if problem := condition_problem(clause.condition, known):
            found.append(f"{clause.title}: {condition_words(problem)}")
    if is_library:
        return found
    provided = {element for clause in clauses for element in clause.elements}
    found += [
        _("no clause provides: %(element)s") % {"element": Element(code).label}
        for code in rules.ELEMENTS
        if code not in provided
    ]
    return found


def send_to_review(*, actor: Any, version_id: int) -> TemplateVersion:
    """Hand a draft that has no faults to legal. Raises NotAllowed, VersionNotDraft, TemplateFaulty."""
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    with atomic_or_busy():
        version = lock_version(version_id)
        if version.state != VersionState.DRAFT:
            raise VersionNotDraft
        faults = faults_of(version.variables, list(version.clauses.all()), is_library=version.template.is_library)
        if faults:
            raise TemplateFaulty(problems=_("; ").join(faults))
        go(version, VersionState.LEGAL_REVIEW, VersionStep.Kind.SENT, actor)
        tell("template_waits", version, actor, [user for user in publishers() if user.pk not in version.author_ids])
    return version


def publishers() -> list[User]:
    """Who may publish templates."""
    backend = "django.contrib.auth.backends.ModelBackend"
    return list(User.objects.with_perm(MAY_PUBLISH, include_superusers=False, backend=backend))


def tell(kind: str, version: TemplateVersion, actor: Any, users: Iterable[User], reason: str = "") -> None:
    """A notice about a version to others than who acted."""
    template = version.template
    notify(
        users=[user for user in users if user.pk != actor.pk],
        kind=kind,
        params={
            "name_zh": template.name_zh,
            "name_en": template.name_en,
            "number": version.number,
            "who": str(actor),
            "reason": reason,
        },
        url=version.get_absolute_url(),
    )


def authors_of(version: TemplateVersion) -> list[User]:
    return list(User.objects.filter(pk__in=version.author_ids))


def go(version: TemplateVersion, state: VersionState, step: VersionStep.Kind, actor: Any, reason: str = "") -> None:
    """The version takes a step, which is written down."""
    version.state = state
    version.save(update_fields=["state"])
    VersionStep.objects.create(version=version, kind=step, by=actor, reason=reason)


def with_reason(
    actor: Any, version_id: int, permission: str, before: VersionState, after: VersionState, step: VersionStep.Kind,
    reason: str,
) -> TemplateVersion:  # fmt: skip
    if not actor.has_perm(permission):
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        version = lock_version(version_id)
        if version.state != before:
            raise VersionStateForbids(state=str(VersionState(version.state).label))
        go(version, after, step, actor, reason.strip())
    return version


def retire_version(*, actor: Any, version_id: int, reason: str) -> TemplateVersion:
    """Take a published version out of use without another in its place; contracts drafted from it stay.

    Raises NotAllowed, ReasonMissing, VersionStateForbids.
    """
    return with_reason(
        actor, version_id, MAY_PUBLISH, VersionState.PUBLISHED, VersionState.RETIRED, VersionStep.Kind.RETIRED, reason
    )


def discard_version(*, actor: Any, version_id: int, reason: str) -> TemplateVersion:
    """Give a draft of a version up, with a reason; its number is not used again.

    Raises NotAllowed, ReasonMissing, VersionStateForbids.
    """
    return with_reason(
        actor, version_id, MAY_WRITE, VersionState.DRAFT, VersionState.DISCARDED, VersionStep.Kind.DISCARDED, reason
    )


def take_back_version(*, actor: Any, version_id: int) -> TemplateVersion:
    """An author takes a version back from legal review. Raises NotAllowed, VersionStateForbids."""
    if not actor.has_perm(MAY_WRITE):
        raise NotAllowed
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        version = lock_version(version_id)
        if actor.pk not in version.author_ids:
            raise NotAllowed
        if version.state != VersionState.LEGAL_REVIEW:
            raise VersionStateForbids(state=str(VersionState(version.state).label))
        go(version, VersionState.DRAFT, VersionStep.Kind.TAKEN_BACK, actor)
    return version


def return_to_draft(*, actor: Any, version_id: int, reason: str) -> TemplateVersion:
    """Legal wants other words; the authors learn why. Raises NotAllowed, ReasonMissing, VersionStateForbids."""
    with atomic_or_busy():
        version = with_reason(
            actor, version_id, MAY_PUBLISH, VersionState.LEGAL_REVIEW, VersionState.DRAFT, VersionStep.Kind.RETURNED,
            reason,
        )  # fmt: skip
        tell("template_returned", version, actor, authors_of(version), reason.strip())
    return version


def publish_version(*, actor: Any, version_id: int, on: dt.date | None = None) -> TemplateVersion:
    """Publish a reviewed version; the one before retires. Contracts that were drafted stay as they are.

    Raises NotAllowed, AuthorPublishes, VersionStateForbids.
    """
    if not actor.has_perm(MAY_PUBLISH):
        raise NotAllowed
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        version = lock_version(version_id)
        if version.state != VersionState.LEGAL_REVIEW:
            raise VersionStateForbids(state=str(VersionState(version.state).label))
        if actor.pk in version.author_ids:
            raise AuthorPublishes
        version.template.versions.filter(language=version.language, state=VersionState.PUBLISHED).update(
            state=VersionState.RETIRED
        )
        publish(version, reviewer=actor, on=on or business_today())
        VersionStep.objects.create(version=version, kind=VersionStep.Kind.PUBLISHED, by=actor)
        tell("template_published", version, actor, authors_of(version))
    return version


def publish(version: TemplateVersion, *, reviewer: Any, on: dt.date) -> None:
    """The version can be used, and contracts are found by its words."""
    version.state, version.published_on, version.reviewer = VersionState.PUBLISHED, on, reviewer
    if not version.template.is_library:
        version.search_text = rules.doubled("\n".join(clause.searched for clause in version.clauses.all()))
    version.save()
