from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import crm.core.money
import crm.jobs.models
import receivables.models.letters
from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("core", "0001_initial"),
        ("customers", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.RunSQL(
            sql="CREATE SEQUENCE receivables_receipt_number_seq",
            reverse_sql="DROP SEQUENCE receivables_receipt_number_seq",
        ),
        AtOnce(
            [
                migrations.CreateModel(
                    name="Invoice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=60, verbose_name="number")),
                        ("on", models.DateField(verbose_name="date")),
                        ("currency", crm.core.money.CurrencyCodeField(max_length=3, verbose_name="currency")),
                        (
                            "rate",
                            crm.core.money.RateField(decimal_places=8, max_digits=18, verbose_name="exchange rate"),
                        ),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        (
                            "base_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="base amount"),
                        ),
                        (
                            "open_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="open amount"),
                        ),
                        (
                            "open_base",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="open base amount"),
                        ),
                        ("reversed_on", models.DateField(editable=False, null=True, verbose_name="reversed on")),
                        ("note", models.CharField(blank=True, max_length=255, verbose_name="note")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("invoice", "Invoice"),
                                    ("debit_note", "Debit note"),
                                    ("credit_note", "Credit note"),
                                ],
                                default="invoice",
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        ("due_on", models.DateField(verbose_name="due date")),
                        ("term_days", models.PositiveSmallIntegerField(null=True, verbose_name="term in days")),
                        (
                            "on_estimated",
                            models.BooleanField(
                                default=False,
                                help_text="The source had no invoice date; it is due date less term.",
                                verbose_name="date estimated",
                            ),
                        ),
                        ("reference", models.CharField(blank=True, max_length=80, verbose_name="reference")),
                        (
                            "cost",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="cost"
                            ),
                        ),
                        (
                            "corrects",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                help_text="The invoice that a credit note belongs to.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="corrections",
                                to="receivables.invoice",
                                verbose_name="corrects",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "legal_entity",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="core.legalentity",
                                verbose_name="legal entity",
                            ),
                        ),
                        (
                            "responsible",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="responsible",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "invoice",
                        "verbose_name_plural": "invoices",
                        "ordering": ["-on", "-pk"],
                        "permissions": [
                            ("post_invoice", "Can post invoices and credit notes"),
                            ("reverse_invoice", "Can reverse invoices and credit notes"),
                            ("assign_responsible", "Can hand an invoice to another responsible person"),
                        ],
                        "indexes": [
                            models.Index(fields=["customer", "due_on"], name="invoice_by_customer"),
                            models.Index(
                                condition=models.Q(
                                    ("open_amount__gt", 0), models.Q(("kind", "credit_note"), _negated=True)
                                ),
                                fields=["customer", "due_on"],
                                include=("on", "currency", "legal_entity", "open_amount", "open_base"),
                                name="invoice_open",
                            ),
                            models.Index(
                                condition=models.Q(("kind", "credit_note"), ("open_amount__gt", 0)),
                                fields=["customer"],
                                name="credit_note_open",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("open_amount__gt", 0), models.Q(("kind", "credit_note"), _negated=True)
                                ),
                                fields=["due_on", "id"],
                                name="invoice_open_by_due",
                            ),
                            models.Index(
                                condition=models.Q(("reversed_on__isnull", False)),
                                fields=["reversed_on"],
                                name="invoice_reversed",
                            ),
                            models.Index(fields=["-on", "-id"], name="invoice_by_date"),
                            models.Index(
                                condition=models.Q(("corrects__isnull", False)),
                                fields=["corrects"],
                                name="invoice_by_corrected",
                            ),
                            models.Index(
                                fields=["number"], name="invoice_by_number", opclasses=["varchar_pattern_ops"]
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("legal_entity", "kind", "number"), name="invoice_number_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0), ("base_amount__gte", 0), ("rate__gt", 0)),
                                name="invoice_money_positive",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("open_amount__gte", 0),
                                    ("open_base__gte", 0),
                                    ("open_amount__lte", models.F("amount")),
                                    ("open_base__lte", models.F("base_amount")),
                                ),
                                name="invoice_open_fits",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("open_amount__gt", 0),
                                    models.Q(("open_amount", 0), ("open_base", 0)),
                                    _connector="OR",
                                ),
                                name="invoice_settled_is_settled",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reversed_on__isnull", True), ("open_amount", 0), _connector="OR"),
                                name="invoice_reversed_is_closed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Receipt",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=60, verbose_name="number")),
                        ("on", models.DateField(verbose_name="date")),
                        ("currency", crm.core.money.CurrencyCodeField(max_length=3, verbose_name="currency")),
                        (
                            "rate",
                            crm.core.money.RateField(decimal_places=8, max_digits=18, verbose_name="exchange rate"),
                        ),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        (
                            "base_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="base amount"),
                        ),
                        (
                            "open_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="open amount"),
                        ),
                        (
                            "open_base",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="open base amount"),
                        ),
                        ("reversed_on", models.DateField(editable=False, null=True, verbose_name="reversed on")),
                        ("note", models.CharField(blank=True, max_length=255, verbose_name="note")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "instrument",
                            models.CharField(
                                choices=[
                                    ("transfer", "Bank transfer"),
                                    ("cash", "Cash"),
                                    ("cheque", "Cheque"),
                                    ("bank_draft", "Bank draft"),
                                    ("acceptance_bill", "Acceptance bill"),
                                ],
                                default="transfer",
                                max_length=16,
                                verbose_name="instrument",
                            ),
                        ),
                        ("reference", models.CharField(blank=True, max_length=120, verbose_name="reference")),
                        ("cleared_on", models.DateField(editable=False, null=True, verbose_name="cleared on")),
                        ("bounced_on", models.DateField(editable=False, null=True, verbose_name="bounced on")),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "legal_entity",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="core.legalentity",
                                verbose_name="legal entity",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "receipt",
                        "verbose_name_plural": "receipts",
                        "ordering": ["-on", "-pk"],
                        "permissions": [
                            ("post_receipt", "Can post and allocate receipts"),
                            ("reverse_receipt", "Can reverse receipts and record bounced cheques"),
                        ],
                        "indexes": [
                            models.Index(fields=["customer", "on"], name="receipt_by_customer"),
                            models.Index(
                                condition=models.Q(("open_amount__gt", 0)), fields=["customer"], name="receipt_open"
                            ),
                            models.Index(
                                condition=models.Q(("reversed_on__isnull", False)),
                                fields=["reversed_on"],
                                name="receipt_reversed",
                            ),
                            models.Index(fields=["-on", "-id"], name="receipt_by_date"),
                            models.Index(
                                fields=["number"], name="receipt_by_number", opclasses=["varchar_pattern_ops"]
                            ),
                            models.Index(
                                fields=["reference"], name="receipt_by_reference", opclasses=["varchar_pattern_ops"]
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("legal_entity", "number"), name="receipt_number_once"),
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0), ("base_amount__gte", 0), ("rate__gt", 0)),
                                name="receipt_money_positive",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("open_amount__gte", 0),
                                    ("open_base__gte", 0),
                                    ("open_amount__lte", models.F("amount")),
                                    ("open_base__lte", models.F("base_amount")),
                                ),
                                name="receipt_open_fits",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("open_amount__gt", 0),
                                    models.Q(("open_amount", 0), ("open_base", 0)),
                                    _connector="OR",
                                ),
                                name="receipt_settled_is_settled",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reversed_on__isnull", True), ("open_amount", 0), _connector="OR"),
                                name="receipt_reversed_is_closed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("bounced_on__isnull", True), ("cleared_on__isnull", True), _connector="OR"
                                ),
                                name="receipt_bounced_is_not_cleared",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("bounced_on__isnull", True),
                                    ("reversed_on", models.F("bounced_on")),
                                    _connector="OR",
                                ),
                                name="receipt_bounced_is_reversed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AgeingScheme",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        (
                            "bounds",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveIntegerField(), size=None, verbose_name="upper bounds in days"
                            ),
                        ),
                        ("is_default", models.BooleanField(default=False, verbose_name="default")),
                    ],
                    options={
                        "verbose_name": "ageing scheme",
                        "verbose_name_plural": "ageing schemes",
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_default", True)),
                                fields=("is_default",),
                                name="ageing_one_default",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CauseCode",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                        ("own_fault", models.BooleanField(default=False, verbose_name="our own fault")),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                    ],
                    options={
                        "verbose_name": "overdue cause code",
                        "verbose_name_plural": "overdue cause codes",
                        "ordering": ["position", "code"],
                    },
                ),
                migrations.CreateModel(
                    name="CollectionPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.SlugField(max_length=40, verbose_name="code")),
                        (
                            "version",
                            models.PositiveSmallIntegerField(default=1, editable=False, verbose_name="version"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("draft", "Draft"), ("active", "In force"), ("retired", "Retired")],
                                default="draft",
                                editable=False,
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "priority",
                            models.PositiveSmallIntegerField(
                                default=100, help_text="The smallest one counts.", verbose_name="priority"
                            ),
                        ),
                        ("conditions", models.JSONField(blank=True, default=dict, verbose_name="customers")),
                        (
                            "tolerance",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                help_text="Overdue amounts up to this, in base currency, raise no case.",
                                max_digits=18,
                                verbose_name="tolerance",
                            ),
                        ),
                        (
                            "letter_interval_days",
                            models.PositiveSmallIntegerField(
                                default=7,
                                help_text="The least number of days from one letter to the next.",
                                verbose_name="days between letters",
                            ),
                        ),
                        (
                            "cause_due_days",
                            models.PositiveSmallIntegerField(
                                default=7,
                                help_text="Days overdue by which the cause must have been filed.",
                                verbose_name="cause due after days",
                            ),
                        ),
                        (
                            "promise_grace_days",
                            models.PositiveSmallIntegerField(
                                default=1,
                                help_text="Days to post what came by the promised date, before the promise is judged.",
                                verbose_name="grace of a promise in days",
                            ),
                        ),
                        (
                            "longest_promise_days",
                            models.PositiveSmallIntegerField(default=30, verbose_name="longest promise in days"),
                        ),
                        (
                            "dispute_days",
                            models.PositiveSmallIntegerField(
                                default=10,
                                help_text="After these days the owner's clock has run out.",
                                verbose_name="days to settle a dispute",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        ("activated_at", models.DateTimeField(editable=False, null=True, verbose_name="activated at")),
                        (
                            "activated_by",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="activated by",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "collection policy",
                        "verbose_name_plural": "collection policies",
                        "ordering": ["priority", "code", "-version"],
                        "permissions": [("activate_policy", "Can put collection policies into force")],
                        "constraints": [
                            models.UniqueConstraint(fields=("code", "version"), name="collection_policy_version_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "active")),
                                fields=("code",),
                                name="collection_policy_one_active",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "active")),
                                fields=("conditions",),
                                name="collection_policy_one_active_for",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("tolerance__gte", 0)), name="collection_policy_tolerance"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CollectionRate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("days_from", models.PositiveIntegerField(unique=True, verbose_name="from days overdue")),
                        ("days_to", models.PositiveIntegerField(null=True, verbose_name="to days overdue")),
                        (
                            "entered",
                            crm.core.money.MoneyField(
                                decimal_places=2, max_digits=18, verbose_name="entered the bucket"
                            ),
                        ),
                        (
                            "collected",
                            crm.core.money.MoneyField(
                                decimal_places=2, max_digits=18, verbose_name="collected in the bucket"
                            ),
                        ),
                        ("rate", models.DecimalField(decimal_places=6, max_digits=7, verbose_name="collection rate")),
                        ("on", models.DateField(verbose_name="as at")),
                    ],
                    options={
                        "verbose_name": "collection rate",
                        "verbose_name_plural": "collection rates",
                        "ordering": ["days_from"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("rate__gte", 0), ("rate__lte", 1)),
                                name="collection_rate_is_a_share",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DunningOptOut",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(max_length=500, verbose_name="reason")),
                        ("on", models.DateField(verbose_name="from")),
                        ("until", models.DateField(verbose_name="until")),
                        ("ended_on", models.DateField(editable=False, null=True, verbose_name="ended early on")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "opt-out of dunning",
                        "verbose_name_plural": "opt-outs of dunning",
                        "ordering": ["-on", "-pk"],
                        "indexes": [models.Index(fields=["customer", "-until"], name="opt_out_by_customer")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("until__gte", models.F("on"))), name="opt_out_dates"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LetterTemplate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("reminder", "Reminder"),
                                    ("warning", "Warning"),
                                    ("lawyer", "Lawyer's letter"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("subject_zh", models.CharField(max_length=200, verbose_name="Chinese subject")),
                        ("subject_en", models.CharField(max_length=200, verbose_name="English subject")),
                        ("body_zh", models.TextField(verbose_name="Chinese text")),
                        ("body_en", models.TextField(verbose_name="English text")),
                    ],
                    options={
                        "verbose_name": "letter template",
                        "verbose_name_plural": "letter templates",
                        "ordering": ["code"],
                    },
                ),
                migrations.CreateModel(
                    name="AgeingSchemeEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        (
                            "bounds",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveIntegerField(), size=None, verbose_name="upper bounds in days"
                            ),
                        ),
                        ("is_default", models.BooleanField(default=False, verbose_name="default")),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.ageingscheme",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Allocation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        (
                            "base_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="base amount"),
                        ),
                        (
                            "source_base",
                            crm.core.money.MoneyField(
                                decimal_places=2, max_digits=18, verbose_name="base amount of the source"
                            ),
                        ),
                        (
                            "method",
                            models.CharField(
                                choices=[
                                    ("reference", "By reference"),
                                    ("exact", "Exact amount"),
                                    ("oldest", "Oldest first"),
                                    ("manual", "By hand"),
                                    ("import", "Import"),
                                    ("bounce", "Bounced"),
                                    ("reversal", "Reversal"),
                                ],
                                max_length=12,
                                verbose_name="method",
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "takes_back",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="taken_back_by",
                                to="receivables.allocation",
                                verbose_name="takes back",
                            ),
                        ),
                        (
                            "credit_note",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="given_allocations",
                                to="receivables.invoice",
                                verbose_name="credit note",
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="receivables.invoice",
                                verbose_name="invoice",
                            ),
                        ),
                        (
                            "receipt",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="receivables.receipt",
                                verbose_name="receipt",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "allocation",
                        "verbose_name_plural": "allocations",
                        "ordering": ["on", "pk"],
                        "indexes": [
                            models.Index(
                                fields=["on"], include=("invoice", "amount", "base_amount"), name="allocation_by_date"
                            ),
                            models.Index(
                                condition=models.Q(("credit_note__isnull", False)),
                                fields=["credit_note"],
                                name="allocation_by_credit_note",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("credit_note__isnull", True), ("receipt__isnull", False)),
                                    models.Q(("credit_note__isnull", False), ("receipt__isnull", True)),
                                    _connector="OR",
                                ),
                                name="allocation_one_source",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("amount__gt", 0), ("takes_back__isnull", True)),
                                    models.Q(("amount__lt", 0), ("takes_back__isnull", False)),
                                    _connector="OR",
                                ),
                                name="allocation_sign",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("number", models.CharField(max_length=60, verbose_name="number")),
                        ("on", models.DateField(verbose_name="date")),
                        ("currency", crm.core.money.CurrencyCodeField(max_length=3, verbose_name="currency")),
                        (
                            "rate",
                            crm.core.money.RateField(decimal_places=8, max_digits=18, verbose_name="exchange rate"),
                        ),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        (
                            "base_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="base amount"),
                        ),
                        (
                            "open_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="open amount"),
                        ),
                        (
                            "open_base",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="open base amount"),
                        ),
                        ("reversed_on", models.DateField(editable=False, null=True, verbose_name="reversed on")),
                        ("note", models.CharField(blank=True, max_length=255, verbose_name="note")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("invoice", "Invoice"),
                                    ("debit_note", "Debit note"),
                                    ("credit_note", "Credit note"),
                                ],
                                default="invoice",
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        ("due_on", models.DateField(verbose_name="due date")),
                        ("term_days", models.PositiveSmallIntegerField(null=True, verbose_name="term in days")),
                        (
                            "on_estimated",
                            models.BooleanField(
                                default=False,
                                help_text="The source had no invoice date; it is due date less term.",
                                verbose_name="date estimated",
                            ),
                        ),
                        ("reference", models.CharField(blank=True, max_length=80, verbose_name="reference")),
                        (
                            "cost",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="cost"
                            ),
                        ),
                        (
                            "corrects",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="The invoice that a credit note belongs to.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="receivables.invoice",
                                verbose_name="corrects",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "legal_entity",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="core.legalentity",
                                verbose_name="legal entity",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.invoice",
                            ),
                        ),
                        (
                            "responsible",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="responsible",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Reversal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("reason", models.CharField(max_length=255, verbose_name="reason")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "invoice",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reversal",
                                to="receivables.invoice",
                                verbose_name="invoice",
                            ),
                        ),
                        (
                            "receipt",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reversal",
                                to="receivables.receipt",
                                verbose_name="receipt",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "reversal",
                        "verbose_name_plural": "reversals",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("invoice__isnull", False), ("receipt__isnull", True)),
                                    models.Q(("invoice__isnull", True), ("receipt__isnull", False)),
                                    _connector="OR",
                                ),
                                name="reversal_one_document",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CauseCodeEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.SlugField(db_index=False, max_length=40, verbose_name="code")),
                        ("own_fault", models.BooleanField(default=False, verbose_name="our own fault")),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.causecode",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="CollectionPolicyEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.SlugField(db_index=False, max_length=40, verbose_name="code")),
                        (
                            "version",
                            models.PositiveSmallIntegerField(default=1, editable=False, verbose_name="version"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("draft", "Draft"), ("active", "In force"), ("retired", "Retired")],
                                default="draft",
                                editable=False,
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "priority",
                            models.PositiveSmallIntegerField(
                                default=100, help_text="The smallest one counts.", verbose_name="priority"
                            ),
                        ),
                        ("conditions", models.JSONField(blank=True, default=dict, verbose_name="customers")),
                        (
                            "tolerance",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                help_text="Overdue amounts up to this, in base currency, raise no case.",
                                max_digits=18,
                                verbose_name="tolerance",
                            ),
                        ),
                        (
                            "letter_interval_days",
                            models.PositiveSmallIntegerField(
                                default=7,
                                help_text="The least number of days from one letter to the next.",
                                verbose_name="days between letters",
                            ),
                        ),
                        (
                            "cause_due_days",
                            models.PositiveSmallIntegerField(
                                default=7,
                                help_text="Days overdue by which the cause must have been filed.",
                                verbose_name="cause due after days",
                            ),
                        ),
                        (
                            "promise_grace_days",
                            models.PositiveSmallIntegerField(
                                default=1,
                                help_text="Days to post what came by the promised date, before the promise is judged.",
                                verbose_name="grace of a promise in days",
                            ),
                        ),
                        (
                            "longest_promise_days",
                            models.PositiveSmallIntegerField(default=30, verbose_name="longest promise in days"),
                        ),
                        (
                            "dispute_days",
                            models.PositiveSmallIntegerField(
                                default=10,
                                help_text="After these days the owner's clock has run out.",
                                verbose_name="days to settle a dispute",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        ("activated_at", models.DateTimeField(editable=False, null=True, verbose_name="activated at")),
                        (
                            "activated_by",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="activated by",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.collectionpolicy",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Dispute",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("price", "Price"),
                                    ("quantity", "Quantity"),
                                    ("quality", "Quality"),
                                    ("delivery", "Delivery"),
                                    ("documents", "Documents missing"),
                                    ("paid", "Said to be paid"),
                                    ("other", "Other"),
                                ],
                                max_length=12,
                                verbose_name="reason",
                            ),
                        ),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                        ("on", models.DateField(verbose_name="opened on")),
                        ("due_on", models.DateField(verbose_name="to be settled by")),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "Open"), ("resolved", "Resolved")],
                                default="open",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("customer_right", "The customer is right"),
                                    ("partly_right", "The customer is partly right"),
                                    ("we_are_right", "We are right"),
                                    ("withdrawn", "Withdrawn by the customer"),
                                ],
                                max_length=16,
                                verbose_name="outcome",
                            ),
                        ),
                        ("resolution", models.CharField(blank=True, max_length=500, verbose_name="resolution")),
                        ("resolved_on", models.DateField(null=True, verbose_name="resolved on")),
                        ("noticed_on", models.DateField(editable=False, null=True, verbose_name="owner told on")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="disputes",
                                to="receivables.invoice",
                                verbose_name="invoice",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="disputes",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="owner",
                            ),
                        ),
                        (
                            "resolved_by",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="resolved by",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "dispute",
                        "verbose_name_plural": "disputes",
                        "ordering": ["-on", "-pk"],
                        "permissions": [("resolve_dispute", "Can resolve disputes of others")],
                        "indexes": [
                            models.Index(fields=["customer", "-on"], name="dispute_by_customer"),
                            models.Index(condition=models.Q(("state", "open")), fields=["due_on"], name="dispute_open"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="dispute_amount_positive"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", ""), ("resolved_on__isnull", True), ("state", "open")),
                                    models.Q(
                                        ("resolved_on__gte", models.F("on")),
                                        ("state", "resolved"),
                                        models.Q(("outcome", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="dispute_resolved_has_an_outcome",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("due_on__gte", models.F("on"))), name="dispute_clock"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DunningOptOutEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("reason", models.CharField(max_length=500, verbose_name="reason")),
                        ("on", models.DateField(verbose_name="from")),
                        ("until", models.DateField(verbose_name="until")),
                        ("ended_on", models.DateField(editable=False, null=True, verbose_name="ended early on")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.dunningoptout",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="LetterTemplateEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.SlugField(db_index=False, max_length=40, verbose_name="code")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("reminder", "Reminder"),
                                    ("warning", "Warning"),
                                    ("lawyer", "Lawyer's letter"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("subject_zh", models.CharField(max_length=200, verbose_name="Chinese subject")),
                        ("subject_en", models.CharField(max_length=200, verbose_name="English subject")),
                        ("body_zh", models.TextField(verbose_name="Chinese text")),
                        ("body_en", models.TextField(verbose_name="English text")),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.lettertemplate",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="PaymentPrediction",
                    fields=[
                        (
                            "invoice",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="prediction",
                                serialize=False,
                                to="receivables.invoice",
                                verbose_name="invoice",
                            ),
                        ),
                        ("expected_on", models.DateField(verbose_name="expected on")),
                        (
                            "late_probability",
                            models.FloatField(
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(1),
                                ],
                                verbose_name="probability of being late",
                            ),
                        ),
                        ("model_version", models.CharField(max_length=40, verbose_name="model version")),
                        ("made_on", models.DateField(verbose_name="made on")),
                    ],
                    options={
                        "verbose_name": "payment prediction",
                        "verbose_name_plural": "payment predictions",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("late_probability__gte", 0), ("late_probability__lte", 1)),
                                name="prediction_is_a_probability",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PolicyStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.SlugField(max_length=40, verbose_name="code")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                        (
                            "days",
                            models.SmallIntegerField(
                                default=1, help_text="Before the due date: negative.", verbose_name="days overdue"
                            ),
                        ),
                        (
                            "fraction",
                            models.DecimalField(
                                blank=True,
                                decimal_places=4,
                                help_text="Such as 1.3333 for 4/3 of the term; then the days overdue are the least.",
                                max_digits=6,
                                null=True,
                                verbose_name="fraction of the term",
                            ),
                        ),
                        (
                            "gap_days",
                            models.PositiveSmallIntegerField(
                                default=1,
                                help_text="At least so many days after the step before it.",
                                verbose_name="days after the step before",
                            ),
                        ),
                        (
                            "actor",
                            models.CharField(
                                choices=[
                                    ("rep", "Sales rep"),
                                    ("supervisor", "Supervisor"),
                                    ("manager", "Manager"),
                                    ("legal", "Legal"),
                                ],
                                default="rep",
                                max_length=10,
                                verbose_name="who acts",
                            ),
                        ),
                        (
                            "action",
                            models.CharField(
                                choices=[
                                    ("task", "Task"),
                                    ("cause", "File the cause"),
                                    ("email", "E-mail"),
                                    ("letter", "Letter"),
                                    ("stop_supply", "Stop supply"),
                                ],
                                default="task",
                                max_length=12,
                                verbose_name="action",
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="steps",
                                to="receivables.collectionpolicy",
                                verbose_name="collection policy",
                            ),
                        ),
                        (
                            "template",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="receivables.lettertemplate",
                                verbose_name="letter template",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "policy step",
                        "verbose_name_plural": "policy steps",
                        "ordering": ["position", "days", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("policy", "code"), name="policy_step_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("fraction__isnull", True),
                                    models.Q(("days__gt", 0), ("fraction__gt", Decimal(1))),
                                    _connector="OR",
                                ),
                                name="policy_step_fraction",
                                violation_error_message="A step at a fraction of the term needs a fraction above 1 and days above 0.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("days", 0), _negated=True),
                                name="policy_step_not_on_the_due_date",
                                violation_error_message="On the due date itself nothing is overdue: take days before (negative) or after.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("days__gt", 0),
                                    models.Q(("action__in", ["email", "letter"]), ("fraction__isnull", True)),
                                    _connector="OR",
                                ),
                                name="policy_step_before_due_is_a_letter",
                                violation_error_message="Before the due date only an e-mail or a letter can be sent.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("template__isnull", False),
                                    models.Q(("action__in", ["email", "letter"]), _negated=True),
                                    _connector="OR",
                                ),
                                name="policy_step_letter_has_words",
                                violation_error_message="An e-mail or letter needs a template.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("gap_days__gte", 1)),
                                name="policy_step_gap",
                                violation_error_message="At most one step a day: at least one day after the step before.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DisputeEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("price", "Price"),
                                    ("quantity", "Quantity"),
                                    ("quality", "Quality"),
                                    ("delivery", "Delivery"),
                                    ("documents", "Documents missing"),
                                    ("paid", "Said to be paid"),
                                    ("other", "Other"),
                                ],
                                max_length=12,
                                verbose_name="reason",
                            ),
                        ),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                        ("on", models.DateField(verbose_name="opened on")),
                        ("due_on", models.DateField(verbose_name="to be settled by")),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "Open"), ("resolved", "Resolved")],
                                default="open",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("customer_right", "The customer is right"),
                                    ("partly_right", "The customer is partly right"),
                                    ("we_are_right", "We are right"),
                                    ("withdrawn", "Withdrawn by the customer"),
                                ],
                                max_length=16,
                                verbose_name="outcome",
                            ),
                        ),
                        ("resolution", models.CharField(blank=True, max_length=500, verbose_name="resolution")),
                        ("resolved_on", models.DateField(null=True, verbose_name="resolved on")),
                        ("noticed_on", models.DateField(editable=False, null=True, verbose_name="owner told on")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="receivables.invoice",
                                verbose_name="invoice",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="owner",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.dispute",
                            ),
                        ),
                        (
                            "resolved_by",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="resolved by",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="PolicyStepEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                        ("name_en", models.CharField(max_length=120, verbose_name="English name")),
                        ("code", models.SlugField(db_index=False, max_length=40, verbose_name="code")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                        (
                            "days",
                            models.SmallIntegerField(
                                default=1, help_text="Before the due date: negative.", verbose_name="days overdue"
                            ),
                        ),
                        (
                            "fraction",
                            models.DecimalField(
                                blank=True,
                                decimal_places=4,
                                help_text="Such as 1.3333 for 4/3 of the term; then the days overdue are the least.",
                                max_digits=6,
                                null=True,
                                verbose_name="fraction of the term",
                            ),
                        ),
                        (
                            "gap_days",
                            models.PositiveSmallIntegerField(
                                default=1,
                                help_text="At least so many days after the step before it.",
                                verbose_name="days after the step before",
                            ),
                        ),
                        (
                            "actor",
                            models.CharField(
                                choices=[
                                    ("rep", "Sales rep"),
                                    ("supervisor", "Supervisor"),
                                    ("manager", "Manager"),
                                    ("legal", "Legal"),
                                ],
                                default="rep",
                                max_length=10,
                                verbose_name="who acts",
                            ),
                        ),
                        (
                            "action",
                            models.CharField(
                                choices=[
                                    ("task", "Task"),
                                    ("cause", "File the cause"),
                                    ("email", "E-mail"),
                                    ("letter", "Letter"),
                                    ("stop_supply", "Stop supply"),
                                ],
                                default="task",
                                max_length=12,
                                verbose_name="action",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.policystep",
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="receivables.collectionpolicy",
                                verbose_name="collection policy",
                            ),
                        ),
                        (
                            "template",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="receivables.lettertemplate",
                                verbose_name="letter template",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Letter",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "channel",
                            models.CharField(
                                choices=[("email", "E-mail"), ("letter", "Letter")],
                                max_length=8,
                                verbose_name="channel",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("todo", "To do"),
                                    ("sending", "Being sent"),
                                    ("sent", "Sent"),
                                    ("error", "Error"),
                                ],
                                default="todo",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "base_amount",
                            crm.core.money.MoneyField(
                                decimal_places=2, max_digits=18, verbose_name="amount in base currency"
                            ),
                        ),
                        ("language", models.CharField(blank=True, max_length=10, verbose_name="language")),
                        ("recipient", models.EmailField(blank=True, max_length=254, verbose_name="recipient")),
                        (
                            "file",
                            models.FileField(
                                blank=True,
                                storage=crm.jobs.models.private_storage,
                                upload_to=receivables.models.letters.letter_path,
                                verbose_name="file",
                            ),
                        ),
                        ("claimed_at", models.DateTimeField(null=True, verbose_name="sending since")),
                        ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                        ("error_code", models.CharField(blank=True, max_length=60, verbose_name="error")),
                        ("error_params", models.JSONField(default=dict, verbose_name="figures of the error")),
                        ("sent_at", models.DateTimeField(null=True, verbose_name="sent at")),
                        ("sent_on", models.DateField(null=True, verbose_name="sent on")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "legal_entity",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="core.legalentity",
                                verbose_name="legal entity",
                            ),
                        ),
                        (
                            "sent_by",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="sent by",
                            ),
                        ),
                        (
                            "template",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="receivables.lettertemplate",
                                verbose_name="letter template",
                            ),
                        ),
                        (
                            "policy_step",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="receivables.policystep",
                                verbose_name="policy step",
                            ),
                        ),
                        (
                            "checksum",
                            models.CharField(
                                blank=True, db_default="", help_text="SHA-256.", max_length=64, verbose_name="checksum"
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.contact",
                                verbose_name="contact",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "letter",
                        "verbose_name_plural": "letters",
                        "ordering": ["-on", "-pk"],
                        "indexes": [
                            models.Index(fields=["customer", "legal_entity", "-sent_on"], name="letter_by_customer"),
                            models.Index(fields=["-on", "-id"], name="letter_by_date"),
                            models.Index(
                                condition=models.Q(("state", "sent"), _negated=True),
                                fields=["state", "-base_amount", "id"],
                                name="letter_waiting",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "sent"), _negated=True),
                                fields=("customer", "legal_entity"),
                                name="letter_one_waits",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("sent_on__isnull", False), ("state", "sent")),
                                    models.Q(("state", "sent"), _negated=True),
                                    _connector="OR",
                                ),
                                name="letter_sent_has_a_date",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LetterLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("due_on", models.DateField(verbose_name="due date")),
                        ("currency", crm.core.money.CurrencyCodeField(max_length=3, verbose_name="currency")),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        (
                            "open_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="open amount"),
                        ),
                        (
                            "open_base",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="open base amount"),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="receivables.invoice",
                                verbose_name="invoice",
                            ),
                        ),
                        (
                            "letter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="receivables.letter",
                                verbose_name="letter",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "line of a letter",
                        "verbose_name_plural": "lines of letters",
                        "ordering": ["due_on", "pk"],
                        "constraints": [models.UniqueConstraint(fields=("letter", "invoice"), name="letter_line_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Case",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "Open"), ("closed", "Closed")],
                                default="open",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("opened_on", models.DateField(verbose_name="opened on")),
                        ("closed_on", models.DateField(null=True, verbose_name="closed on")),
                        ("cycle", models.PositiveSmallIntegerField(default=1, verbose_name="cycle")),
                        ("stepped_on", models.DateField(null=True, verbose_name="last step on")),
                        (
                            "raise_next",
                            models.BooleanField(
                                default=False,
                                help_text="The next step is taken at once.",
                                verbose_name="a broken promise raises it",
                            ),
                        ),
                        ("supply_stopped", models.BooleanField(default=False, verbose_name="supply stopped")),
                        (
                            "paused_by",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("promise", "Promise"),
                                    ("opt_out", "Opted out of dunning"),
                                    ("dispute", "Dispute"),
                                ],
                                default="",
                                max_length=8,
                                verbose_name="paused by",
                            ),
                        ),
                        ("paused_until", models.DateField(null=True, verbose_name="paused until")),
                        ("looked_on", models.DateField(verbose_name="figures of")),
                        (
                            "overdue",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="overdue"
                            ),
                        ),
                        (
                            "disputed",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="disputed"
                            ),
                        ),
                        ("items", models.PositiveIntegerField(default=0, verbose_name="overdue invoices")),
                        ("oldest_due_on", models.DateField(null=True, verbose_name="oldest due date")),
                        (
                            "term_days",
                            models.PositiveIntegerField(
                                default=0,
                                help_text="The term of the oldest overdue invoice.",
                                verbose_name="term in days",
                            ),
                        ),
                        (
                            "expected",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                max_digits=18,
                                verbose_name="expected recovery",
                            ),
                        ),
                        ("formula", models.JSONField(default=list, verbose_name="formula")),
                        (
                            "next_on",
                            models.DateField(
                                help_text="As agreed in the last contact.", null=True, verbose_name="follow up on"
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "legal_entity",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="core.legalentity",
                                verbose_name="legal entity",
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="receivables.collectionpolicy",
                                verbose_name="collection policy",
                            ),
                        ),
                        (
                            "step",
                            models.ForeignKey(
                                db_index=False,
                                help_text="The last step taken in this cycle.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="receivables.policystep",
                                verbose_name="last step",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "collection case",
                        "verbose_name_plural": "collection cases",
                        "ordering": ["-expected", "pk"],
                        "permissions": [
                            ("collect", "Can work on collection cases"),
                            ("opt_out_of_dunning", "Can take customers out of dunning"),
                            ("send_letter", "Can prepare and send dunning letters"),
                        ],
                        "indexes": [
                            models.Index(fields=["customer", "-opened_on"], name="case_by_customer"),
                            models.Index(
                                condition=models.Q(("state", "open")),
                                fields=["-expected", "id"],
                                name="case_by_expected",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "open")),
                                fields=("customer", "legal_entity"),
                                name="case_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("closed_on__isnull", True), ("state", "open")),
                                    models.Q(("closed_on__isnull", False), ("state", "closed")),
                                    _connector="OR",
                                ),
                                name="case_closed_has_a_date",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("disputed__gte", 0), ("expected__gte", 0), ("overdue__gte", 0)),
                                name="case_figures",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CollectionContact",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "channel",
                            models.CharField(
                                choices=[
                                    ("call", "Call"),
                                    ("visit", "Visit"),
                                    ("email", "E-mail"),
                                    ("message", "Message"),
                                ],
                                default="call",
                                max_length=8,
                                verbose_name="channel",
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("reached", "Reached"),
                                    ("promised", "Promised to pay"),
                                    ("disputed", "Disputed"),
                                    ("unreachable", "Unreachable"),
                                ],
                                max_length=12,
                                verbose_name="outcome",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("note", models.CharField(blank=True, max_length=1000, verbose_name="what was said")),
                        ("next_on", models.DateField(blank=True, null=True, verbose_name="follow up on")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contacts",
                                to="receivables.case",
                                verbose_name="case",
                            ),
                        ),
                        (
                            "contact",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.contact",
                                verbose_name="spoken with",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "dispute",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contact",
                                to="receivables.dispute",
                                verbose_name="dispute",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "collection contact",
                        "verbose_name_plural": "collection contacts",
                        "ordering": ["-on", "-pk"],
                        "indexes": [models.Index(fields=["customer", "-on", "-id"], name="contact_log_by_customer")],
                    },
                ),
                migrations.CreateModel(
                    name="OverdueCause",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("cycle", models.PositiveSmallIntegerField(verbose_name="cycle")),
                        ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                        ("on", models.DateField(verbose_name="date")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="causes",
                                to="receivables.case",
                                verbose_name="case",
                            ),
                        ),
                        (
                            "cause",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="receivables.causecode",
                                verbose_name="cause",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "culprit",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="whose fault",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "overdue cause",
                        "verbose_name_plural": "overdue causes",
                        "ordering": ["-on", "-pk"],
                        "indexes": [models.Index(fields=["customer", "-on"], name="cause_by_customer")],
                    },
                ),
                migrations.CreateModel(
                    name="PaymentPromise",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", crm.core.money.CurrencyCodeField(max_length=3, verbose_name="currency")),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        ("on", models.DateField(verbose_name="given on")),
                        ("promised_on", models.DateField(verbose_name="promised for")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("kept", "Kept"),
                                    ("partly", "Partly kept"),
                                    ("broken", "Broken"),
                                    ("replaced", "Replaced by another"),
                                ],
                                default="open",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "received",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="received"
                            ),
                        ),
                        ("judged_on", models.DateField(null=True, verbose_name="judged on")),
                        ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="promises",
                                to="receivables.case",
                                verbose_name="case",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "promise to pay",
                        "verbose_name_plural": "promises to pay",
                        "ordering": ["-on", "-pk"],
                        "indexes": [
                            models.Index(fields=["customer", "-on"], name="promise_by_customer"),
                            models.Index(
                                condition=models.Q(("state", "open")), fields=["promised_on"], name="promise_open"
                            ),
                            models.Index(
                                condition=models.Q(("judged_on__isnull", False)),
                                fields=["judged_on"],
                                name="promise_judged",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "open")), fields=("case",), name="promise_one_open"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0), ("received__gte", 0)), name="promise_amounts"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("promised_on__gte", models.F("on"))), name="promise_dates"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("judged_on__isnull", True), ("state", "open")),
                                    models.Q(("state", "open"), _negated=True),
                                    _connector="OR",
                                ),
                                name="promise_judged_has_a_date",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CaseStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("cycle", models.PositiveSmallIntegerField(verbose_name="cycle")),
                        ("on", models.DateField(verbose_name="date")),
                        ("run_on", models.DateField(verbose_name="taken on")),
                        (
                            "state",
                            models.CharField(
                                choices=[("todo", "To do"), ("done", "Done"), ("dropped", "No longer needed")],
                                default="todo",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("done_on", models.DateField(null=True, verbose_name="done on")),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="overdue")),
                        ("days", models.PositiveIntegerField(verbose_name="days overdue")),
                        ("raised", models.BooleanField(default=False, verbose_name="raised by a broken promise")),
                        ("note", models.CharField(blank=True, max_length=255, verbose_name="note")),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="steps",
                                to="receivables.case",
                                verbose_name="case",
                            ),
                        ),
                        (
                            "done_by",
                            models.ForeignKey(
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="done by",
                            ),
                        ),
                        (
                            "policy_step",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="receivables.policystep",
                                verbose_name="policy step",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "step taken",
                        "verbose_name_plural": "steps taken",
                        "ordering": ["on", "pk"],
                        "indexes": [
                            models.Index(condition=models.Q(("state", "todo")), fields=["case"], name="case_step_todo")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("case", "policy_step", "cycle"), name="case_step_once_a_cycle"
                            ),
                            models.UniqueConstraint(fields=("case", "run_on"), name="case_step_one_a_day"),
                            models.UniqueConstraint(fields=("case", "on"), name="case_step_one_a_night"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PaymentPromiseEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("currency", crm.core.money.CurrencyCodeField(max_length=3, verbose_name="currency")),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        ("on", models.DateField(verbose_name="given on")),
                        ("promised_on", models.DateField(verbose_name="promised for")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("kept", "Kept"),
                                    ("partly", "Partly kept"),
                                    ("broken", "Broken"),
                                    ("replaced", "Replaced by another"),
                                ],
                                default="open",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "received",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="received"
                            ),
                        ),
                        ("judged_on", models.DateField(null=True, verbose_name="judged on")),
                        ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="receivables.case",
                                verbose_name="case",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="receivables.paymentpromise",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
            ]
        ),
        migrations.AddField(
            model_name="letter",
            name="case",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letters",
                to="receivables.case",
                verbose_name="case",
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="last_contact",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="receivables.collectioncontact",
                verbose_name="last contact",
            ),
        ),
        migrations.AddField(
            model_name="collectioncontact",
            name="promise",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contact",
                to="receivables.paymentpromise",
                verbose_name="promise to pay",
            ),
        ),
        AtOnce(
            [
                pgtrigger.migrations.AddTrigger(
                    model_name="invoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="08576db034f5d73f95ddafa4d90ee7dcb56e0e32",
                            operation="DELETE",
                            pgid="pgtrigger_no_delete_9febc",
                            table="receivables_invoice",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="posted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."legal_entity_id" IS DISTINCT FROM (NEW."legal_entity_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."on" IS DISTINCT FROM (NEW."on") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."rate" IS DISTINCT FROM (NEW."rate") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."base_amount" IS DISTINCT FROM (NEW."base_amount") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."due_on" IS DISTINCT FROM (NEW."due_on") OR OLD."term_days" IS DISTINCT FROM (NEW."term_days") OR OLD."on_estimated" IS DISTINCT FROM (NEW."on_estimated") OR OLD."corrects_id" IS DISTINCT FROM (NEW."corrects_id"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="e1d9ea26fd51f436e5b4e6552f2fca1d3c8b14a4",
                            operation="UPDATE",
                            pgid="pgtrigger_posted_32915",
                            table="receivables_invoice",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."responsible_id" IS DISTINCT FROM (NEW."responsible_id"))',
                            func='INSERT INTO "receivables_invoiceevent" ("amount", "base_amount", "corrects_id", "cost", "created_by_id", "currency", "customer_id", "due_on", "id", "kind", "legal_entity_id", "note", "number", "on", "on_estimated", "open_amount", "open_base", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate", "recorded_at", "reference", "responsible_id", "reversed_on", "term_days") VALUES (OLD."amount", OLD."base_amount", OLD."corrects_id", OLD."cost", OLD."created_by_id", OLD."currency", OLD."customer_id", OLD."due_on", OLD."id", OLD."kind", OLD."legal_entity_id", OLD."note", OLD."number", OLD."on", OLD."on_estimated", OLD."open_amount", OLD."open_base", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."rate", OLD."recorded_at", OLD."reference", OLD."responsible_id", OLD."reversed_on", OLD."term_days"); RETURN NULL;',
                            hash="6ed7bfd911fd035a44e05eaa5b0e21339e4c34ba",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_0991e",
                            table="receivables_invoice",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="invoice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_invoiceevent" ("amount", "base_amount", "corrects_id", "cost", "created_by_id", "currency", "customer_id", "due_on", "id", "kind", "legal_entity_id", "note", "number", "on", "on_estimated", "open_amount", "open_base", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rate", "recorded_at", "reference", "responsible_id", "reversed_on", "term_days") VALUES (OLD."amount", OLD."base_amount", OLD."corrects_id", OLD."cost", OLD."created_by_id", OLD."currency", OLD."customer_id", OLD."due_on", OLD."id", OLD."kind", OLD."legal_entity_id", OLD."note", OLD."number", OLD."on", OLD."on_estimated", OLD."open_amount", OLD."open_base", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."rate", OLD."recorded_at", OLD."reference", OLD."responsible_id", OLD."reversed_on", OLD."term_days"); RETURN NULL;',
                            hash="b2d00a4d68c07833ce1d4efeb9c3665cc081589b",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_ea8f2",
                            table="receivables_invoice",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="receipt",
                    trigger=pgtrigger.compiler.Trigger(
                        name="no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="8d0c677bbb97eae17be0219b1f14c3f38e21d681",
                            operation="DELETE",
                            pgid="pgtrigger_no_delete_e4b8b",
                            table="receivables_receipt",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="receipt",
                    trigger=pgtrigger.compiler.Trigger(
                        name="posted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."legal_entity_id" IS DISTINCT FROM (NEW."legal_entity_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."on" IS DISTINCT FROM (NEW."on") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."rate" IS DISTINCT FROM (NEW."rate") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."base_amount" IS DISTINCT FROM (NEW."base_amount") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at") OR OLD."instrument" IS DISTINCT FROM (NEW."instrument"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="a8b26988eedefae1e7f73f3fead920dc6470d416",
                            operation="UPDATE",
                            pgid="pgtrigger_posted_a5144",
                            table="receivables_receipt",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="ageingscheme",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "receivables_ageingschemeevent" ("bounds", "id", "is_default", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."bounds", OLD."id", OLD."is_default", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id"); RETURN NULL;',
                            hash="e6c0f86fe38d789251c7bfef19fdb151d4803003",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_5bf86",
                            table="receivables_ageingscheme",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="ageingscheme",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_ageingschemeevent" ("bounds", "id", "is_default", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."bounds", OLD."id", OLD."is_default", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;',
                            hash="55541c72506432b066a05b31929f492c937691c7",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_f10a1",
                            table="receivables_ageingscheme",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="causecode",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "receivables_causecodeevent" ("code", "id", "is_active", "name_en", "name_zh", "own_fault", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (OLD."code", OLD."id", OLD."is_active", OLD."name_en", OLD."name_zh", OLD."own_fault", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position"); RETURN NULL;',
                            hash="98ca0902a4b6cc9b5c370bbf5bd0b8609d55104c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_8a9b1",
                            table="receivables_causecode",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="causecode",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_causecodeevent" ("code", "id", "is_active", "name_en", "name_zh", "own_fault", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (OLD."code", OLD."id", OLD."is_active", OLD."name_en", OLD."name_zh", OLD."own_fault", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position"); RETURN NULL;',
                            hash="e8199695334e55990008a8d18fa7d377c5cdc734",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_7fcdb",
                            table="receivables_causecode",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="collectionpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "receivables_collectionpolicyevent" ("activated_at", "activated_by_id", "cause_due_days", "code", "conditions", "created_at", "created_by_id", "dispute_days", "id", "letter_interval_days", "longest_promise_days", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "promise_grace_days", "state", "tolerance", "version") VALUES (OLD."activated_at", OLD."activated_by_id", OLD."cause_due_days", OLD."code", OLD."conditions", OLD."created_at", OLD."created_by_id", OLD."dispute_days", OLD."id", OLD."letter_interval_days", OLD."longest_promise_days", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."priority", OLD."promise_grace_days", OLD."state", OLD."tolerance", OLD."version"); RETURN NULL;',
                            hash="1705dea77c7d7613bf5a137f81c2418f98d26c5a",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_9822e",
                            table="receivables_collectionpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="collectionpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_collectionpolicyevent" ("activated_at", "activated_by_id", "cause_due_days", "code", "conditions", "created_at", "created_by_id", "dispute_days", "id", "letter_interval_days", "longest_promise_days", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "promise_grace_days", "state", "tolerance", "version") VALUES (OLD."activated_at", OLD."activated_by_id", OLD."cause_due_days", OLD."code", OLD."conditions", OLD."created_at", OLD."created_by_id", OLD."dispute_days", OLD."id", OLD."letter_interval_days", OLD."longest_promise_days", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."priority", OLD."promise_grace_days", OLD."state", OLD."tolerance", OLD."version"); RETURN NULL;',
                            hash="0591948c4a95596d6672d77d48d87782653b28c3",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_1d5f3",
                            table="receivables_collectionpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="dunningoptout",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "receivables_dunningoptoutevent" ("created_by_id", "customer_id", "ended_on", "id", "on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "recorded_at", "until") VALUES (OLD."created_by_id", OLD."customer_id", OLD."ended_on", OLD."id", OLD."on", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."reason", OLD."recorded_at", OLD."until"); RETURN NULL;',
                            hash="14cccb92555409e24f8eeb38265a24edc46d1968",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_05922",
                            table="receivables_dunningoptout",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="dunningoptout",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_dunningoptoutevent" ("created_by_id", "customer_id", "ended_on", "id", "on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "recorded_at", "until") VALUES (OLD."created_by_id", OLD."customer_id", OLD."ended_on", OLD."id", OLD."on", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."recorded_at", OLD."until"); RETURN NULL;',
                            hash="a415f8b20ca0420f2ad1d40ddbbd31c9068d44d3",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_2c997",
                            table="receivables_dunningoptout",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="lettertemplate",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "receivables_lettertemplateevent" ("body_en", "body_zh", "code", "id", "kind", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject_en", "subject_zh") VALUES (OLD."body_en", OLD."body_zh", OLD."code", OLD."id", OLD."kind", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."subject_en", OLD."subject_zh"); RETURN NULL;',
                            hash="60845a3a4fc7532372a9df54975da5a8a0b6c97b",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_70f43",
                            table="receivables_lettertemplate",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="lettertemplate",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_lettertemplateevent" ("body_en", "body_zh", "code", "id", "kind", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject_en", "subject_zh") VALUES (OLD."body_en", OLD."body_zh", OLD."code", OLD."id", OLD."kind", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."subject_en", OLD."subject_zh"); RETURN NULL;',
                            hash="c4595ff66e576f034574f255e81ec1efc25a134c",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_20fe4",
                            table="receivables_lettertemplate",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="allocation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="ac5b17991ba48500d8ff50dd02d6bca2c32e774e",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_b7143",
                            table="receivables_allocation",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="reversal",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a06e005b892fde52047f387f0185bc385dab46b0",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_e53bf",
                            table="receivables_reversal",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="dispute",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "receivables_disputeevent" ("amount", "created_by_id", "customer_id", "due_on", "id", "invoice_id", "note", "noticed_on", "on", "outcome", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "recorded_at", "resolution", "resolved_by_id", "resolved_on", "state") VALUES (OLD."amount", OLD."created_by_id", OLD."customer_id", OLD."due_on", OLD."id", OLD."invoice_id", OLD."note", OLD."noticed_on", OLD."on", OLD."outcome", OLD."owner_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."reason", OLD."recorded_at", OLD."resolution", OLD."resolved_by_id", OLD."resolved_on", OLD."state"); RETURN NULL;',
                            hash="461b99a752cd8e31e803bdf88e8d827436c6f02e",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_55dfd",
                            table="receivables_dispute",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="dispute",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_disputeevent" ("amount", "created_by_id", "customer_id", "due_on", "id", "invoice_id", "note", "noticed_on", "on", "outcome", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "recorded_at", "resolution", "resolved_by_id", "resolved_on", "state") VALUES (OLD."amount", OLD."created_by_id", OLD."customer_id", OLD."due_on", OLD."id", OLD."invoice_id", OLD."note", OLD."noticed_on", OLD."on", OLD."outcome", OLD."owner_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."recorded_at", OLD."resolution", OLD."resolved_by_id", OLD."resolved_on", OLD."state"); RETURN NULL;',
                            hash="291db63e652d4180bddf761b5036c1f822b1737d",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_636b8",
                            table="receivables_dispute",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="policystep",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "receivables_policystepevent" ("action", "actor", "code", "days", "fraction", "gap_days", "id", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "position", "template_id") VALUES (OLD."action", OLD."actor", OLD."code", OLD."days", OLD."fraction", OLD."gap_days", OLD."id", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."policy_id", OLD."position", OLD."template_id"); RETURN NULL;',
                            hash="ec48971b23fea15dd52fa1156fba9ed13f1cde53",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_388a6",
                            table="receivables_policystep",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="policystep",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_policystepevent" ("action", "actor", "code", "days", "fraction", "gap_days", "id", "name_en", "name_zh", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "position", "template_id") VALUES (OLD."action", OLD."actor", OLD."code", OLD."days", OLD."fraction", OLD."gap_days", OLD."id", OLD."name_en", OLD."name_zh", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."policy_id", OLD."position", OLD."template_id"); RETURN NULL;',
                            hash="6b1614a2c255ede76b366524de3e2773d54c4980",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_55fab",
                            table="receivables_policystep",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="collectioncontact",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="061ec389a94a74834f197e429c4a4e0a36133fb7",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_97f4f",
                            table="receivables_collectioncontact",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="overduecause",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="26c92805cf903126817be1cad6d9144e2d830bdd",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_d6bc4",
                            table="receivables_overduecause",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="paymentpromise",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "receivables_paymentpromiseevent" ("amount", "case_id", "created_by_id", "currency", "customer_id", "id", "judged_on", "note", "on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "promised_on", "received", "recorded_at", "state") VALUES (OLD."amount", OLD."case_id", OLD."created_by_id", OLD."currency", OLD."customer_id", OLD."id", OLD."judged_on", OLD."note", OLD."on", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."promised_on", OLD."received", OLD."recorded_at", OLD."state"); RETURN NULL;',
                            hash="5ec823e8960384f1ceace173fd7c6cd2978210ac",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_72099",
                            table="receivables_paymentpromise",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="paymentpromise",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "receivables_paymentpromiseevent" ("amount", "case_id", "created_by_id", "currency", "customer_id", "id", "judged_on", "note", "on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "promised_on", "received", "recorded_at", "state") VALUES (OLD."amount", OLD."case_id", OLD."created_by_id", OLD."currency", OLD."customer_id", OLD."id", OLD."judged_on", OLD."note", OLD."on", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."promised_on", OLD."received", OLD."recorded_at", OLD."state"); RETURN NULL;',
                            hash="8365ecf342e88b39505547f848c4e7226290cffa",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_c1070",
                            table="receivables_paymentpromise",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="casestep",
                    trigger=pgtrigger.compiler.Trigger(
                        name="no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="71c193fad1c10d4cb04d5c8d58209bf41c72fa68",
                            operation="DELETE",
                            pgid="pgtrigger_no_delete_8cded",
                            table="receivables_casestep",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="casestep",
                    trigger=pgtrigger.compiler.Trigger(
                        name="taken",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."case_id" IS DISTINCT FROM (NEW."case_id") OR OLD."policy_step_id" IS DISTINCT FROM (NEW."policy_step_id") OR OLD."cycle" IS DISTINCT FROM (NEW."cycle") OR OLD."on" IS DISTINCT FROM (NEW."on") OR OLD."run_on" IS DISTINCT FROM (NEW."run_on") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."days" IS DISTINCT FROM (NEW."days") OR OLD."raised" IS DISTINCT FROM (NEW."raised"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="12653e11c2ec29c96a0e8b6100125f58a1985f2e",
                            operation="UPDATE",
                            pgid="pgtrigger_taken_e5ddb",
                            table="receivables_casestep",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
