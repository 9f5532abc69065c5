"""The register of models: the newest of each kind, and those before it."""

from django.db.models import QuerySet

from analytics.models import ModelKind, ModelVersion


def current_models() -> list[ModelVersion]:
    """The newest version of each kind, in the order of the kinds."""
    newest = ModelVersion.objects.order_by("kind", "-on").distinct("kind")
    order = [kind.value for kind in ModelKind]
    return sorted(newest, key=lambda model: order.index(model.kind))


def history(kind: str) -> QuerySet[ModelVersion]:
    """All versions of a kind, the newest first."""
    return ModelVersion.objects.filter(kind=kind).order_by("-on")
