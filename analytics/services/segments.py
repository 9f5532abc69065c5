"""Who is who, found every night: quintiles, groups, their names, and who moved and why (docs/models.md)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.db.models import Max

from analytics.learning import segments as learning
from analytics.learning.drift import drifts, typical
from analytics.learning.threads import one_thread
from analytics.models import (
    Algorithm,
    CustomerFeatures,
    CustomerSegment,
    ModelKind,
    ModelVersion,
    Segment,
    SegmentMove,
    SegmentProfile,
    Verdict,
)
from analytics.services.features import features_frame, stored_features
from analytics.services.register import register_model

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

    Array = NDArray

FEWEST = 24  # customers below which there are no groups to speak of
EARLIER = (91, 182)  # days before the morning whose customers help to find the groups, so that they do not jump
WELL = 0.15  # silhouette from which groups are told apart well enough
BATCH = 5_000
MEDIANS = ("recency_days", "days_bought_12m", "revenue_12m", "gap_median", "tenure_days", "margin_12m")


@dataclass(frozen=True)
class SegmentsFound:
    """Everything the night found, ready to be written."""

    on: dt.date
    frame: "DataFrame"
    grouping: learning.Grouping | None
    scores: "tuple[Array, Array, Array] | None"
    silhouette: float
    drift: dict[str, float]
    fitted_rows: int
    began: float


def find_segments(*, on: dt.date) -> SegmentsFound:
    """Read the figures of the morning and find the groups; writes nothing."""
    import numpy as np

    began = perf_counter()
    frame = stored_features(on=on)
    if len(frame) < FEWEST:
        return SegmentsFound(on, frame, None, None, 0.0, {}, len(frame), began)
    with one_thread():
        rows = learning.logged(frame)
        parts = [learning.logged(earlier) for days in EARLIER if len(earlier := features_frame(on=before(on, days)))]
        together = np.vstack([rows, *parts])
        former = centres_of(known_segments())
        fitted = learning.group(together, former=former if len(former) else None)
        labels = fitted.labels[: len(rows)]
        grouping = learning.Grouping(
            fitted.scale, fitted.centres, labels, fitted.distances[: len(rows)], fitted.silhouettes
        )
    scores = (
        learning.quintiles(frame["recency_days"].to_numpy(), largest_is_best=False),
        learning.quintiles(frame["days_bought_12m"].to_numpy()),
        learning.quintiles(frame["revenue_12m"].to_numpy()),
    )
    drift = drifts(parts[-1], rows, list(learning.FEATURES)) if parts else {}
    silhouette = fitted.silhouettes[len(fitted.centres)]
    return SegmentsFound(on, frame, grouping, scores, silhouette, drift, len(together), began)


def before(on: dt.date, days: int) -> dt.date:
    return on - dt.timedelta(days=days)


def known_segments() -> list[Segment]:
    """The groups of the last night; groups made of other figures than today's cannot be found again."""
    last = Segment.objects.aggregate(last=Max("last_on"))["last"]
    found = Segment.objects.filter(last_on=last).order_by("pk")
    return [segment for segment in found if set(segment.centre) == set(learning.FEATURES)]


def centres_of(segments: list[Segment]) -> "Array":
    import numpy as np

    return np.array([[segment.centre[name] for name in learning.FEATURES] for segment in segments])


def write_segments(found: SegmentsFound) -> dict[str, int]:
    """Write groups, profiles, where each customer stands, and who moved. The caller holds the transaction."""
    if found.grouping is None or found.scores is None:
        register_model(
            kind=ModelKind.SEGMENTS,
            on=found.on,
            trusted=False,
            algorithm=Algorithm.KMEANS,
            uses=Algorithm.KMEANS,
            verdict=Verdict.TOO_LITTLE,
            rows=len(found.frame),
            seconds=round(perf_counter() - found.began, 2),
        )
        return {"customers": len(found.frame), "segments": 0, "moved": 0}
    former = known_segments()
    segments = write_groups(found, former)
    write_profiles(found, segments)
    moved = write_members(found, segments, {segment.pk: segment for segment in former})
    write_version(found)
    return {"customers": len(found.frame), "segments": len(segments), "moved": moved}


def write_groups(found: SegmentsFound, former: list[Segment]) -> list[Segment]:
    """Yesterday's groups found again, with their new centres; the others get a name."""
    assert found.grouping is not None
    grouping = found.grouping
    standard = grouping.standard_centres
    matches = learning.match(grouping.centres, centres_of(former), grouping.scale)
    used = {former[place].pk for place in matches if place is not None}
    segments = []
    for place, earlier in enumerate(matches):
        centre = dict(
            zip(learning.FEATURES, (round(float(value), 6) for value in grouping.centres[place]), strict=True)
        )
        if earlier is not None:
            segment = former[earlier]
        else:
            members = grouping.labels == place
            usual = {
                name: float(found.frame[name].to_numpy()[members].mean()) if members.any() else 0.0
                for name in ("recency_days", "tenure_days")
            }
            name = learning.name(
                standard[place], usual_recency=usual["recency_days"], usual_tenure=usual["tenure_days"]
            )
            segment = named(name, used, found.on)
            used.add(segment.pk)
        segment.centre, segment.last_on = centre, found.on
        segment.save(update_fields=["centre", "last_on"])
        segments.append(segment)
    return segments


def named(name: str, used: set[int], on: dt.date) -> Segment:
    """A group of that name: one of earlier nights that is free, else a new one with the next number."""
    known = list(Segment.objects.filter(name=name).order_by("number"))
    free = next((segment for segment in known if segment.pk not in used), None)
    if free is not None:
        return free
    return Segment.objects.create(name=name, number=len(known) + 1, first_on=on, last_on=on)


def write_profiles(found: SegmentsFound, segments: list[Segment]) -> None:
    assert found.grouping is not None
    standard = found.grouping.standard_centres
    SegmentProfile.objects.filter(on=found.on).delete()
    profiles = []
    for place, segment in enumerate(segments):
        members = found.frame[found.grouping.labels == place]
        medians = {name: number_of(members[name].median()) for name in MEDIANS}
        profiles.append(
            SegmentProfile(
                segment=segment,
                on=found.on,
                customers=len(members),
                revenue_12m=Decimal(str(round(float(members["revenue_12m"].sum()), 2))),
                medians=medians,
                typical=learning.typical(standard[place]),
            )
        )
    SegmentProfile.objects.bulk_create(profiles)


def number_of(value: Any) -> float | None:
    """A figure as JSON knows it; nothing for nan."""
    return None if value != value else round(float(value), 2)


def write_members(found: SegmentsFound, segments: list[Segment], former: dict[int, Segment]) -> int:
    """Where each customer stands; those that left a group of yesterday with what carried them over."""
    assert found.grouping is not None
    assert found.scores is not None
    recency, frequency, monetary = found.scores
    earlier = {row.customer_id: row for row in CustomerSegment.objects.all().iterator(chunk_size=BATCH)}
    members, moves = [], []
    for place, (customer, label) in enumerate(zip(found.frame["customer_id"], found.grouping.labels, strict=True)):
        customer_id, segment = int(customer), segments[int(label)]
        row = earlier.pop(customer_id, None)
        came_from, since = standing_before(row, found.on)
        stays = row is not None and came_from == segment.pk
        members.append(
            CustomerSegment(
                customer_id=customer_id,
                segment=segment,
                on=found.on,
                since=since if stays else found.on,
                previous_id=row.previous_id if stays and row is not None else came_from,
                recency_score=int(recency[place]),
                frequency_score=int(frequency[place]),
                monetary_score=int(monetary[place]),
                distance=round(float(found.grouping.distances[place]), 3),
            )
        )
        if came_from is not None and not stays:
            moves.append((place, customer_id, came_from, segment))
    CustomerSegment.objects.filter(pk__in=earlier).delete()
    columns = [field.name for field in CustomerSegment._meta.fields if not field.primary_key]
    CustomerSegment.objects.bulk_create(
        members, update_conflicts=True, unique_fields=["customer"], update_fields=columns, batch_size=BATCH
    )
    SegmentMove.objects.filter(on=found.on).delete()
    SegmentMove.objects.bulk_create(moves_with_reasons(found, segments, former, moves), batch_size=BATCH)
    return len(moves)


def standing_before(row: CustomerSegment | None, on: dt.date) -> tuple[int | None, dt.date]:
    """The segment before this morning and since when; what this very morning wrote before does not count."""
    if row is None:
        return None, on
    if row.on == on and row.since == on:
        return row.previous_id, on
    return row.segment_id, row.since


def moves_with_reasons(
    found: SegmentsFound,
    segments: list[Segment],
    former: dict[int, Segment],
    moves: list[tuple[int, int, int, Segment]],
) -> list[SegmentMove]:
    """Moves with up to three figures that changed most towards the new group, before and after."""
    assert found.grouping is not None
    if not moves:
        return []
    then_on = CustomerFeatures.objects.filter(on__lt=found.on).aggregate(last=Max("on"))["last"]
    then = stored_features(on=then_on).set_index("customer_id") if then_on else None
    rows = learning.logged(found.frame)
    scale, standard = found.grouping.scale, found.grouping.standard_centres
    places = {segment.pk: place for place, segment in enumerate(segments)}
    known = {pk: scale.apply(centres_of([segment]))[0] for pk, segment in former.items()}
    if then is not None:
        then = then.reindex([customer_id for _place, customer_id, _from, _to in moves])
        then_rows = learning.logged(then)
    written = []
    for index, (place, customer_id, came_from, segment) in enumerate(moves):
        reasons: list[dict[str, Any]] = []
        if then is not None and came_from in known and then_rows[index][0] == then_rows[index][0]:
            now_row, then_row = rows[place], then_rows[index]
            for column, weight in learning.why_moved(
                scale.apply(then_row), scale.apply(now_row), known[came_from], standard[places[segment.pk]]
            ):
                code = learning.FEATURES[column]
                reasons.append(
                    {
                        "code": code,
                        "before": plain(code, float(then_row[column])),
                        "after": plain(code, float(now_row[column])),
                        "weight": round(weight, 2),
                    }
                )
        written.append(
            SegmentMove(
                customer_id=customer_id,
                on=found.on,
                came_from_id=came_from,
                went_to=segment,
                reasons=reasons,
            )
        )
    return written


def plain(code: str, value: float) -> float:
    """A logged figure in its own unit."""
    import math

    return round(value if code == "growth" else math.expm1(value), 2)


def write_version(found: SegmentsFound) -> ModelVersion:
    assert found.grouping is not None
    silhouettes = {f"{k}": round(value, 4) for k, value in found.grouping.silhouettes.items()}
    well = found.silhouette >= WELL
    return register_model(
        kind=ModelKind.SEGMENTS,
        on=found.on,
        trusted=well,
        algorithm=Algorithm.KMEANS,
        uses=Algorithm.KMEANS,
        verdict=Verdict.STABLE if well else Verdict.WORSE,
        data_from=before(found.on, EARLIER[-1] + 365),
        data_until=before(found.on, 1),
        rows=found.fitted_rows,
        tested_rows=len(found.frame),
        features=[[name, 1.0] for name in learning.FEATURES],
        parameters={"k": len(found.grouping.centres), "silhouettes": silhouettes},
        metrics={"kmeans": {"silhouette": round(found.silhouette, 4), "rows": len(found.frame)}},
        drift=typical(found.drift),
        drifts=found.drift,
        seconds=round(perf_counter() - found.began, 2),
    )
