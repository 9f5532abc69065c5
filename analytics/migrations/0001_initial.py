from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import crm.core.money
from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_initial"),
        ("customers", "0001_initial"),
    ]

    operations = [
        AtOnce(
            [
                migrations.CreateModel(
                    name="CashForecast",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("week", models.PositiveSmallIntegerField(verbose_name="week")),
                        ("starts_on", models.DateField(verbose_name="begins")),
                        ("ends_on", models.DateField(verbose_name="ends")),
                        (
                            "from_open",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="from open invoices",
                            ),
                        ),
                        (
                            "from_new",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="from new invoices",
                            ),
                        ),
                        (
                            "expected",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="expected"
                            ),
                        ),
                        (
                            "low",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="at least"
                            ),
                        ),
                        (
                            "high",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="at most"
                            ),
                        ),
                        (
                            "actual",
                            crm.core.money.MoneyField(
                                decimal_places=2, max_digits=18, null=True, verbose_name="received"
                            ),
                        ),
                        (
                            "actual_open",
                            crm.core.money.MoneyField(
                                decimal_places=2, max_digits=18, null=True, verbose_name="received of open invoices"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "cash forecast",
                        "verbose_name_plural": "cash forecasts",
                        "ordering": ["-on", "week"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("actual__isnull", True)),
                                fields=["ends_on"],
                                name="cash_forecast_unchecked",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("on", "week"), name="cash_forecast_once_a_week"),
                            models.CheckConstraint(
                                condition=models.Q(("low__lte", models.F("high"))), name="cash_forecast_in_order"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="cash_forecast_dates"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Contribution",
                    fields=[
                        (
                            "customer",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="contribution",
                                serialize=False,
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        (
                            "basis",
                            models.CharField(
                                choices=[
                                    ("margin", "Margin"),
                                    ("estimated", "Margin, estimated from the company's average"),
                                    ("revenue", "Revenue (cost is not known)"),
                                ],
                                max_length=10,
                                verbose_name="basis",
                            ),
                        ),
                        (
                            "value",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="contribution"
                            ),
                        ),
                        (
                            "revenue_12m",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="revenue in 12 months",
                            ),
                        ),
                        (
                            "margin_12m",
                            crm.core.money.MoneyField(
                                decimal_places=2, max_digits=18, null=True, verbose_name="margin in 12 months"
                            ),
                        ),
                        ("margin_rate", models.FloatField(null=True, verbose_name="margin rate")),
                        ("rank", models.PositiveIntegerField(verbose_name="rank")),
                        ("share", models.FloatField(default=0.0, verbose_name="share")),
                        ("cumulative_share", models.FloatField(default=0.0, verbose_name="cumulated share")),
                        (
                            "value_class",
                            models.CharField(
                                choices=[
                                    ("key", "Key"),
                                    ("growth", "Growth"),
                                    ("ordinary", "Ordinary"),
                                    ("loss", "Loss-making"),
                                ],
                                max_length=8,
                                verbose_name="class",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "contribution",
                        "verbose_name_plural": "contributions",
                        "indexes": [models.Index(fields=["rank"], name="contribution_by_rank")],
                    },
                ),
                migrations.CreateModel(
                    name="ModelVersion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("segments", "Segments"),
                                    ("churn", "Leaving"),
                                    ("late_payment", "Late payment"),
                                ],
                                max_length=16,
                                verbose_name="kind",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("version", models.PositiveIntegerField(verbose_name="version")),
                        (
                            "algorithm",
                            models.CharField(
                                choices=[
                                    ("kmeans", "k-means"),
                                    ("rule", "Rule: days silent over the usual gap"),
                                    ("bgnbd", "BG/NBD"),
                                    ("logistic", "Logistic regression"),
                                    ("boosting", "Boosting"),
                                    ("customer_median", "The customer's own median"),
                                ],
                                max_length=16,
                                verbose_name="algorithm",
                            ),
                        ),
                        (
                            "uses",
                            models.CharField(
                                choices=[
                                    ("kmeans", "k-means"),
                                    ("rule", "Rule: days silent over the usual gap"),
                                    ("bgnbd", "BG/NBD"),
                                    ("logistic", "Logistic regression"),
                                    ("boosting", "Boosting"),
                                    ("customer_median", "The customer's own median"),
                                ],
                                max_length=16,
                                verbose_name="in use",
                            ),
                        ),
                        ("data_from", models.DateField(null=True, verbose_name="data from")),
                        ("data_until", models.DateField(null=True, verbose_name="data until")),
                        ("tested_from", models.DateField(null=True, verbose_name="tested from")),
                        ("tested_until", models.DateField(null=True, verbose_name="tested until")),
                        ("rows", models.PositiveIntegerField(default=0, verbose_name="rows")),
                        ("tested_rows", models.PositiveIntegerField(default=0, verbose_name="rows tested")),
                        ("features", models.JSONField(default=list, verbose_name="features")),
                        ("parameters", models.JSONField(default=dict, verbose_name="parameters")),
                        ("metrics", models.JSONField(default=dict, verbose_name="metrics")),
                        (
                            "baseline",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("kmeans", "k-means"),
                                    ("rule", "Rule: days silent over the usual gap"),
                                    ("bgnbd", "BG/NBD"),
                                    ("logistic", "Logistic regression"),
                                    ("boosting", "Boosting"),
                                    ("customer_median", "The customer's own median"),
                                ],
                                max_length=16,
                                verbose_name="baseline",
                            ),
                        ),
                        ("drift", models.FloatField(null=True, verbose_name="drift")),
                        ("drifts", models.JSONField(default=dict, verbose_name="drift by feature")),
                        ("trusted", models.BooleanField(default=False, verbose_name="trusted")),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("better", "Better than its baseline"),
                                    ("rule_wins", "No model beats the rule"),
                                    ("worse", "Worse than its baseline"),
                                    ("too_little", "Too little data"),
                                    ("drifted", "The customers have changed too much since it was fitted"),
                                    ("stable", "Groups are told apart well enough"),
                                ],
                                max_length=12,
                                verbose_name="why",
                            ),
                        ),
                        ("last_trusted_on", models.DateField(null=True, verbose_name="last trusted")),
                        ("seconds", models.FloatField(default=0.0, verbose_name="seconds")),
                    ],
                    options={
                        "verbose_name": "model version",
                        "verbose_name_plural": "model versions",
                        "ordering": ["-on", "kind"],
                        "constraints": [
                            models.UniqueConstraint(fields=("kind", "on"), name="model_version_once_a_day"),
                            models.UniqueConstraint(fields=("kind", "version"), name="model_version_number_once"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Segment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "name",
                            models.CharField(
                                choices=[
                                    ("champions", "Champions"),
                                    ("loyal", "Loyal regulars"),
                                    ("big_tickets", "Few big orders"),
                                    ("frequent_small", "Frequent small orders"),
                                    ("growing", "Growing"),
                                    ("shrinking", "Shrinking"),
                                    ("new", "Newcomers"),
                                    ("occasional", "Occasional buyers"),
                                    ("cooling", "Cooling off"),
                                    ("asleep", "Asleep"),
                                    ("ordinary", "Ordinary"),
                                ],
                                max_length=16,
                                verbose_name="name",
                            ),
                        ),
                        ("number", models.PositiveSmallIntegerField(default=1, verbose_name="number")),
                        ("centre", models.JSONField(default=dict, verbose_name="centre")),
                        ("first_on", models.DateField(verbose_name="first seen")),
                        ("last_on", models.DateField(verbose_name="last seen")),
                    ],
                    options={
                        "verbose_name": "segment",
                        "verbose_name_plural": "segments",
                        "ordering": ["name", "number"],
                        "constraints": [models.UniqueConstraint(fields=("name", "number"), name="segment_name_once")],
                    },
                ),
                migrations.CreateModel(
                    name="CustomerFeatures",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("first_on", models.DateField(verbose_name="first purchase")),
                        ("last_on", models.DateField(verbose_name="last purchase")),
                        ("recency_days", models.PositiveIntegerField(verbose_name="days since the last purchase")),
                        ("tenure_days", models.PositiveIntegerField(verbose_name="days since the first purchase")),
                        ("days_bought", models.PositiveIntegerField(verbose_name="purchase days")),
                        ("days_bought_12m", models.PositiveIntegerField(verbose_name="purchase days in 12 months")),
                        ("days_bought_3m", models.PositiveIntegerField(verbose_name="purchase days in 3 months")),
                        (
                            "days_bought_3m_before",
                            models.PositiveIntegerField(verbose_name="purchase days in the 3 months before"),
                        ),
                        (
                            "revenue",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="revenue"
                            ),
                        ),
                        (
                            "revenue_12m",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="revenue in 12 months",
                            ),
                        ),
                        (
                            "revenue_12m_before",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="revenue in the 12 months before",
                            ),
                        ),
                        (
                            "revenue_6m",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="revenue in 6 months",
                            ),
                        ),
                        (
                            "revenue_6m_before",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="revenue in the 6 months before",
                            ),
                        ),
                        (
                            "revenue_3m",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="revenue in 3 months",
                            ),
                        ),
                        (
                            "revenue_3m_before",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="revenue in the 3 months before",
                            ),
                        ),
                        (
                            "costed_12m",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                help_text="Revenue of 12 months whose cost is known.",
                                max_digits=18,
                                verbose_name="revenue with known cost",
                            ),
                        ),
                        (
                            "margin_12m",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                help_text="Of the revenue whose cost is known; empty when none is.",
                                max_digits=18,
                                null=True,
                                verbose_name="margin in 12 months",
                            ),
                        ),
                        ("gap_mean", models.FloatField(null=True, verbose_name="mean days between purchases")),
                        ("gap_median", models.FloatField(null=True, verbose_name="usual days between purchases")),
                        (
                            "gap_spread",
                            models.FloatField(null=True, verbose_name="spread of the days between purchases"),
                        ),
                        (
                            "gap_last",
                            models.PositiveIntegerField(null=True, verbose_name="days between the last two purchases"),
                        ),
                        (
                            "trend",
                            models.FloatField(
                                help_text="Revenue of 6 months against the 6 months before: .2 is a fifth more.",
                                null=True,
                                verbose_name="trend",
                            ),
                        ),
                        ("credited_share", models.FloatField(default=0.0, verbose_name="share credited")),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "customer figures",
                        "verbose_name_plural": "customer figures",
                        "indexes": [models.Index(fields=["on"], name="features_by_date")],
                        "constraints": [models.UniqueConstraint(fields=("customer", "on"), name="features_once_a_day")],
                    },
                ),
                migrations.CreateModel(
                    name="SnapshotDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(unique=True, verbose_name="date")),
                        (
                            "bounds",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveIntegerField(), size=None, verbose_name="upper bounds in days"
                            ),
                        ),
                        ("last_entry", models.BigIntegerField(default=0, verbose_name="newest credit entry")),
                        ("taken_at", models.DateTimeField(auto_now=True, verbose_name="taken at")),
                    ],
                    options={
                        "verbose_name": "day kept",
                        "verbose_name_plural": "days kept",
                        "permissions": [
                            ("see_team_dashboard", "Can see the dashboard of a sales manager"),
                            ("see_finance_dashboard", "Can see the dashboard of finance"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DailySnapshot",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        (
                            "receivable",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="receivable"
                            ),
                        ),
                        (
                            "overdue",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="overdue"
                            ),
                        ),
                        (
                            "amounts",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.DecimalField(decimal_places=2, max_digits=18),
                                size=None,
                                verbose_name="by days overdue",
                            ),
                        ),
                        (
                            "unallocated",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="unallocated"
                            ),
                        ),
                        (
                            "disputed",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="disputed"
                            ),
                        ),
                        (
                            "billed",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="billed in the month",
                            ),
                        ),
                        (
                            "received",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="received in the month",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "legal_entity",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="core.legalentity",
                                verbose_name="legal entity",
                            ),
                        ),
                        (
                            "billed_3m",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="billed in three months",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "daily snapshot",
                        "verbose_name_plural": "daily snapshots",
                        "indexes": [
                            models.Index(fields=["customer", "on"], name="snapshot_by_customer"),
                            models.Index(
                                condition=models.Q(("customer__isnull", True)), fields=["on"], name="snapshot_of_all"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("on", "legal_entity", "customer"),
                                name="snapshot_once_a_day",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CustomerSegment",
                    fields=[
                        (
                            "customer",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="customer_segment",
                                serialize=False,
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("since", models.DateField(verbose_name="since")),
                        ("recency_score", models.PositiveSmallIntegerField(verbose_name="recency quintile")),
                        ("frequency_score", models.PositiveSmallIntegerField(verbose_name="frequency quintile")),
                        ("monetary_score", models.PositiveSmallIntegerField(verbose_name="monetary quintile")),
                        ("distance", models.FloatField(default=0.0, verbose_name="distance from the centre")),
                        (
                            "previous",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="analytics.segment",
                                verbose_name="before",
                            ),
                        ),
                        (
                            "segment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="members",
                                to="analytics.segment",
                                verbose_name="segment",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "segment of a customer",
                        "verbose_name_plural": "segments of customers",
                    },
                ),
                migrations.CreateModel(
                    name="ChurnScore",
                    fields=[
                        (
                            "customer",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="churn_score",
                                serialize=False,
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        (
                            "standing",
                            models.CharField(
                                choices=[
                                    ("scored", "Scored"),
                                    ("new", "Too new to tell"),
                                    ("gone", "Gone"),
                                    ("gap", "History gap"),
                                ],
                                max_length=8,
                                verbose_name="standing",
                            ),
                        ),
                        ("probability", models.FloatField(null=True, verbose_name="probability of leaving")),
                        ("before", models.FloatField(null=True, verbose_name="probability a month ago")),
                        (
                            "band",
                            models.CharField(
                                blank=True,
                                choices=[("low", "Low"), ("medium", "Moderate"), ("high", "High")],
                                max_length=8,
                                verbose_name="risk",
                            ),
                        ),
                        ("days_silent", models.PositiveIntegerField(verbose_name="days silent")),
                        ("usual_gap", models.FloatField(null=True, verbose_name="usual days between purchases")),
                        (
                            "value_at_risk",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="value at risk"
                            ),
                        ),
                        ("reasons", models.JSONField(default=list, verbose_name="reasons")),
                        (
                            "model_version",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="analytics.modelversion",
                                verbose_name="model",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "risk of leaving",
                        "verbose_name_plural": "risks of leaving",
                        "indexes": [models.Index(fields=["-probability"], name="churn_by_probability")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("probability__isnull", True),
                                    models.Q(("probability__gte", 0), ("probability__lte", 1)),
                                    _connector="OR",
                                ),
                                name="churn_probability_is_one",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("standing", "scored"), _negated=True),
                                    ("probability__isnull", False),
                                    _connector="OR",
                                ),
                                name="churn_scored_has_probability",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SegmentMove",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("reasons", models.JSONField(default=list, verbose_name="reasons")),
                        (
                            "came_from",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="moves_out",
                                to="analytics.segment",
                                verbose_name="from",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "went_to",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="moves_in",
                                to="analytics.segment",
                                verbose_name="to",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "move between segments",
                        "verbose_name_plural": "moves between segments",
                        "ordering": ["-on", "pk"],
                        "indexes": [models.Index(fields=["-on"], name="segment_move_by_date")],
                        "constraints": [
                            models.UniqueConstraint(fields=("customer", "on"), name="segment_move_once_a_day")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SegmentProfile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("customers", models.PositiveIntegerField(verbose_name="customers")),
                        (
                            "revenue_12m",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="revenue in 12 months",
                            ),
                        ),
                        ("medians", models.JSONField(default=dict, verbose_name="medians")),
                        ("typical", models.JSONField(default=list, verbose_name="typical")),
                        (
                            "segment",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="profiles",
                                to="analytics.segment",
                                verbose_name="segment",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "segment profile",
                        "verbose_name_plural": "segment profiles",
                        "ordering": ["-on", "segment"],
                        "constraints": [
                            models.UniqueConstraint(fields=("segment", "on"), name="segment_profile_once_a_day")
                        ],
                    },
                ),
            ]
        ),
    ]
