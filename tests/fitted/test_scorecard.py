"""A fitted scorecard: bins of one direction, points that add up, and a validation on what it has not seen."""

import math
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from credit.errors import TableUnreadable, TooFewFailures
from credit.learning.choosing import choose
from credit.learning.scale import MasterScale, breaches, choose_scale, interval, table_of
from credit.learning.scorecard import (
    Options,
    Source,
    cross_validate,
    evidence_by,
    fit,
    make_bins,
    measures,
    scale_of,
    stability,
)
from credit.learning.table import read_table
from credit.models.fitted import FittedScorecard
from crm.accounts import roles
from crm.approvals.rules import GRADES
from tests.factories import make_user

POLISH = Path(__file__).resolve().parents[3] / "shared" / "data" / "polish_bankruptcy_year1.arff"
QUICK = Options(pairs=10, least_in_bin=30)


def companies(count: int = 1_000, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Four ratios; who fails follows the first, and the difference of the second and third."""
    rng = np.random.default_rng(seed)
    ratios = rng.normal(size=(count, 4))
    ratios[:, 2] = ratios[:, 1] + rng.normal(scale=0.1, size=count)
    risk = -1.5 * ratios[:, 0] + 12 * (ratios[:, 1] - ratios[:, 2]) - 1.5
    failed = (rng.random(count) < 1 / (1 + np.exp(-risk))).astype(int)
    ratios[rng.random(count) < 0.1, 3] = np.nan
    return ratios, failed


@pytest.mark.thorough
def test_it_finds_what_lies_between_two_ratios_that_say_nearly_the_same() -> None:
    ratios, failed = companies()
    card = fit(ratios, failed, QUICK)
    assert Source(1, "-", 2) in [each.source for each in card.characteristics]
    seen = cross_validate(ratios, failed, QUICK)
    assert seen.auc > 0.85
    assert len(seen.folds) == 5


def test_bins_keep_to_one_direction_and_missing_is_a_bin_of_its_own() -> None:
    ratios, failed = companies()
    for each in fit(ratios, failed, QUICK).characteristics:
        known = each.failures[:-1] / np.maximum(each.counts[:-1], 1)
        for course in (known, each.evidence[:-1]):
            steps = np.diff(course)
            assert (steps >= 0).all() or (steps <= 0).all()
        assert each.bins(np.full((1, 4), np.nan)).tolist() == [len(each.edges) + 1]
        assert each.counts.sum() == len(failed)


def test_a_small_bin_that_shrinking_turns_is_joined_to_its_neighbour() -> None:
    values = np.repeat([0.0, 1.0, 2.0], [40, 1_000, 1_000])
    failed = np.concatenate([np.zeros(40), np.arange(1_000) < 50, np.arange(1_000) < 520]).astype(int)
    options = Options(smoothing=200, least_in_bin=40)
    apart = evidence_by(np.array([0.5, 1.5]), values, failed, options)[2]
    assert apart[0] > apart[1], "nobody failed among the 40, yet shrunk they would speak for failure more than the next"
    joined = make_bins(Source(0), values[:, None], failed, options)
    assert joined.edges.tolist() == [1.5]
    assert joined.counts.tolist() == [1_040, 1_000, 0]
    assert joined.evidence[0] < joined.evidence[1]


def test_no_characteristic_gives_points_against_its_own_bins() -> None:
    """Four ratios that say nearly the same, and what lies between them, which corrects the others if it may."""
    rng = np.random.default_rng(3)
    hidden = rng.normal(size=1_000)
    ratios = np.column_stack([hidden + rng.normal(scale=each, size=1_000) for each in (0.3, 0.35, 0.4, 0.5)])
    failed = (rng.random(1_000) < 1 / (1 + np.exp(2.2 + 1.2 * hidden))).astype(int)
    card = fit(ratios, failed, replace(QUICK, most_alike=0.99, penalty=3.0))
    assert len(card.characteristics) > 3
    for each in card.characteristics:
        assert each.weight > 0
        order = np.argsort(each.evidence)
        assert (np.diff(card.points_of(each)[order]) <= 0).all()  # where more failed there are fewer points


def test_the_points_of_the_bins_add_up_to_the_score_and_pdo_doubles_the_odds() -> None:
    ratios, failed = companies()
    card = fit(ratios, failed, QUICK)
    added = sum(card.points_of(each)[each.bins(ratios)] for each in card.characteristics)
    assert np.allclose(added, card.points(ratios))
    odds = np.exp(card.log_odds(ratios))
    assert np.allclose(card.points(ratios), 600 - 20 * np.log(odds * 50) / math.log(2))


def test_the_same_companies_give_the_same_card() -> None:
    ratios, failed = companies()
    first, second = fit(ratios, failed, QUICK), fit(ratios, failed, QUICK)
    assert np.array_equal(first.points(ratios), second.points(ratios))


def test_the_figures_of_a_perfect_and_of_a_useless_score() -> None:
    failed = np.array([1] * 50 + [0] * 50)
    perfect = measures(np.arange(100.0), failed)
    assert (perfect["auc"], perfect["gini"], perfect["ks"]) == (1.0, 1.0, 1.0)
    assert sum(band["companies"] for band in perfect["bands"]) == 100
    assert [band["failed"] for band in perfect["bands"]][:5] == [10] * 5
    useless = measures(np.tile([1.0, 2.0], 50), np.repeat([0, 1], 50))
    assert useless["auc"] == pytest.approx(0.5)


def test_the_stability_of_the_same_points_is_nothing_and_of_others_is_not() -> None:
    points = np.random.default_rng(1).normal(size=2_000)
    assert stability(points, points) == pytest.approx(0, abs=1e-9)
    assert stability(points, points + 1) > 0.25


def test_the_bounds_of_the_grades_are_equal_steps_of_the_odds_and_each_grade_holds_its_share() -> None:
    odds = np.random.default_rng(3).normal(-4, 2, size=5_000)
    bounds = choose_scale(odds, low=0.2, high=0.98, least=0.01).bounds
    assert len(bounds) == 9
    assert list(bounds) == sorted(set(bounds))
    steps = np.diff([math.log(bound / (1 - bound)) for bound in bounds])
    assert steps == pytest.approx(np.full(8, steps[0]), rel=0.02)
    crowded = np.concatenate([np.linspace(-6, -5.9, 990), np.linspace(4, 9, 10)])  # steps between would be empty
    scale = choose_scale(crowded, low=0.2, high=0.98, least=0.05)
    counts = np.bincount(scale.places(1 / (1 + np.exp(-crowded))), minlength=10)
    assert counts.min() >= 50
    assert counts.sum() == 1_000
    alike = choose_scale(np.zeros(100), low=0.2, high=0.98, least=0.05)
    assert len(set(alike.places(np.full(100, 0.5)))) == 1


def test_a_chance_on_a_bound_belongs_to_the_better_grade() -> None:
    scale = MasterScale(tuple(place / 100 for place in range(1, 10)))
    assert scale.places(np.array([0.0, 0.01, 0.010001, 0.09, 0.5])).tolist() == [0, 0, 1, 8, 9]


def test_grades_show_what_happened_and_where_the_order_is_broken() -> None:
    places = np.repeat([0, 1, 3], [100, 100, 50])
    failed = np.concatenate([np.repeat([1, 0], [4, 96]), np.repeat([1, 0], [2, 98]), np.repeat([1, 0], [25, 25])])
    rows = table_of(places, np.full(250, 0.1), failed)
    assert [(row["grade"], row["companies"], row["failed"]) for row in rows if row["companies"]] == [
        ("AAA", 100, 4), ("AA", 100, 2), ("BBB", 50, 25),
    ]  # fmt: skip
    assert (rows[0]["rate"], rows[0]["share"], rows[2]["rate"]) == (0.04, 0.4, None)
    assert breaches(rows) == [("AAA", "AA")]
    assert interval(0, 100) == pytest.approx((0, 0.0370), abs=1e-4)
    assert interval(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_no_company_has_a_part_in_the_bounds_it_is_tested_by() -> None:
    """Changing the figures and the end of those tested changes nothing of the card and the scale of their fold."""
    ratios, failed = companies(800)
    learn, test = np.arange(600), np.arange(600, 800)
    before = scale_of(fit(ratios[learn], failed[learn], QUICK), ratios[learn])
    ratios[test], failed[test] = 99.0, 1
    assert scale_of(fit(ratios[learn], failed[learn], QUICK), ratios[learn]) == before


@pytest.mark.thorough
def test_the_penalty_is_chosen_without_the_companies_it_is_tested_on() -> None:
    ratios, failed = companies()
    choice = choose(ratios, failed, QUICK)
    assert len(choice.nested) == len(choice.seen.folds) == 5
    assert choice.auc <= choice.seen.auc + 0.005
    assert (choice.seen.places >= 0).all()
    assert not np.isnan(choice.seen.chances).any()
    plain = cross_validate(ratios, failed, choice.options)
    assert choice.seen.folds == pytest.approx(plain.folds)


def test_too_few_failures_are_refused() -> None:
    ratios, failed = companies(200)
    failed[:] = 0
    failed[:10] = 1
    with pytest.raises(TooFewFailures):
        fit(ratios, failed, QUICK)


@pytest.mark.parametrize(
    "text",
    ["", "a,b,failed\n", "a,b,failed\n1,x,0\n2,3,1\n", "a,b,failed\n1,2,0\n1,2\n3,4,1\n", "a,b,failed\n1,2,0\n3,4,2\n"],
)
def test_a_file_that_is_no_table_is_refused_with_its_cause(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ratios.csv"
    file.write_text(text)
    with pytest.raises(TableUnreadable):
        read_table(file)


def test_a_table_is_read_with_what_misses(tmp_path: Path) -> None:
    file = tmp_path / "ratios.csv"
    file.write_text("a,b,failed\n1,?,0\n2,,1\n")
    table = read_table(file)
    assert (table.names, table.failed.tolist()) == (["a", "b"], [0, 1])
    assert np.isnan(table.ratios[:, 1]).all()
    arff = tmp_path / "ratios.arff"
    arff.write_text(
        "@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute class {0,1}\n@data\n1,?,0\n2,3,1\n"
    )
    assert read_table(arff).ratios[1].tolist() == [2.0, 3.0]


@pytest.mark.thorough
@pytest.mark.django_db
def test_the_command_keeps_a_version_with_its_validation(tmp_path: Path) -> None:
    ratios, failed = companies(600)
    file = tmp_path / "ratios.csv"
    rows = [",".join("" if math.isnan(cell) else f"{cell:.6f}" for cell in row) for row in ratios]
    file.write_text("a,b,c,d,failed\n" + "\n".join(f"{row},{end}" for row, end in zip(rows, failed, strict=True)))
    out = StringIO()
    call_command("fit_scorecard", str(file), "--name", "Test", stdout=out)
    made = FittedScorecard.objects.get()
    assert "nested" in out.getvalue()
    assert [row["grade"] for row in made.metrics["grades"]] == list(GRADES)
    assert sum(row["companies"] for row in made.metrics["grades"]) == 600
    assert made.card["bounds"] == sorted(made.card["bounds"])
    client = Client()
    client.force_login(make_user("carol", roles.CREDIT_CONTROLLER))
    page = client.get(made.get_absolute_url()).content.decode()
    for words in ("Grades by the chance of failure", "AUC, nested", "95% interval"):
        assert words in page, words
    assert (made.version, made.companies, made.failed) == (1, 600, int(failed.sum()))
    assert made.metrics["auc"] == pytest.approx(sum(made.metrics["folds"]) / 5)
    bins = made.characteristics[0]["bins"]
    assert sum(row["companies"] for row in bins) == 600
    with pytest.raises(DatabaseError), transaction.atomic():
        FittedScorecard.objects.update(name="other")
    with pytest.raises(CommandError):
        call_command("fit_scorecard", str(tmp_path / "nothing.csv"))


@pytest.mark.django_db
def test_the_menu_leads_credit_and_finance_to_the_list_and_nobody_in_sales() -> None:
    for role, sees in ((roles.CREDIT_CONTROLLER, True), (roles.FINANCE_MANAGER, True), (roles.SALES_REP, False)):
        client = Client()
        client.force_login(make_user(f"{role}.menu", role))
        page = client.get(reverse("home:my_day")).content.decode()
        assert (f'href="{reverse("credit:fitted_scorecards")}"' in page) is sees, role


@pytest.mark.thorough
@pytest.mark.skipif(not POLISH.exists(), reason=f"the real file is not here: {POLISH}")
def test_on_polish_companies_it_reaches_an_auc_of_94_hundredths() -> None:
    table = read_table(POLISH)
    seen = cross_validate(table.ratios, table.failed)
    print(f"\nAUC {seen.auc:.4f} {seen.folds}, plain {sum(seen.plain) / 5:.4f}")
    assert seen.auc >= 0.94
    grades = table_of(seen.places, seen.chances, table.failed)
    assert breaches(grades) == []
    assert min(row["companies"] for row in grades) >= 20
