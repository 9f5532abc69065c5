from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import credit.models.requests
import crm.core.money
import crm.jobs.models
from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("approvals", "0001_initial"),
        ("customers", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        AtOnce(
            [
                migrations.CreateModel(
                    name="CreditAccount",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "limit",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="credit limit"
                            ),
                        ),
                        ("term_days", models.PositiveSmallIntegerField(default=30, verbose_name="term in days")),
                        (
                            "settlement",
                            models.CharField(
                                choices=[
                                    ("cash", "Cash"),
                                    ("rolling", "Rolling"),
                                    ("monthly", "Monthly"),
                                    ("quarterly", "Quarterly"),
                                    ("yearly", "Yearly"),
                                    ("floor_stock", "Floor stock"),
                                    ("consignment", "Consignment"),
                                ],
                                default="rolling",
                                max_length=12,
                                verbose_name="settlement",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("normal", "Normal"),
                                    ("watch", "Watch"),
                                    ("frozen", "Frozen"),
                                    ("cash_only", "Cash only"),
                                ],
                                default="normal",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("next_review_on", models.DateField(blank=True, null=True, verbose_name="next review")),
                        (
                            "counts_unallocated",
                            models.BooleanField(
                                default=True,
                                help_text="Money received that is not matched yet.",
                                verbose_name="unallocated receipts reduce exposure",
                            ),
                        ),
                        (
                            "reserved",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                editable=False,
                                max_digits=18,
                                verbose_name="reserved",
                            ),
                        ),
                        (
                            "receivable",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                editable=False,
                                max_digits=18,
                                verbose_name="receivable",
                            ),
                        ),
                        (
                            "unallocated",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                editable=False,
                                max_digits=18,
                                verbose_name="unallocated",
                            ),
                        ),
                        (
                            "uncleared",
                            crm.core.money.MoneyField(
                                decimal_places=2,
                                default=Decimal("0.00"),
                                editable=False,
                                max_digits=18,
                                verbose_name="uncleared",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "customer",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credit_account",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "stopped_from",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("normal", "Normal"),
                                    ("watch", "Watch"),
                                    ("frozen", "Frozen"),
                                    ("cash_only", "Cash only"),
                                ],
                                default="",
                                editable=False,
                                help_text="Set while collection has frozen the account; a status set by hand ends that.",
                                max_length=10,
                                verbose_name="status before supply was stopped",
                            ),
                        ),
                        (
                            "regular_limit",
                            crm.core.money.MoneyField(
                                blank=True,
                                decimal_places=2,
                                editable=False,
                                max_digits=18,
                                null=True,
                                verbose_name="limit after the temporary increase",
                            ),
                        ),
                        (
                            "temporary_until",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="temporary increase up to"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "credit account",
                        "verbose_name_plural": "credit accounts",
                        "permissions": [("restrict_account", "Can restrict credit accounts")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("limit__isnull", True), ("limit__gte", 0), _connector="OR"),
                                name="account_limit_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("receivable__gte", 0),
                                    ("reserved__gte", 0),
                                    ("unallocated__gte", 0),
                                    ("uncleared__gte", 0),
                                ),
                                name="account_sums_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("regular_limit__isnull", True), ("temporary_until__isnull", True)),
                                    models.Q(
                                        ("limit__isnull", False),
                                        ("regular_limit__isnull", False),
                                        ("temporary_until__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="account_temporary_goes_back",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CreditAccountEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "limit",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="credit limit"
                            ),
                        ),
                        ("term_days", models.PositiveSmallIntegerField(default=30, verbose_name="term in days")),
                        (
                            "settlement",
                            models.CharField(
                                choices=[
                                    ("cash", "Cash"),
                                    ("rolling", "Rolling"),
                                    ("monthly", "Monthly"),
                                    ("quarterly", "Quarterly"),
                                    ("yearly", "Yearly"),
                                    ("floor_stock", "Floor stock"),
                                    ("consignment", "Consignment"),
                                ],
                                default="rolling",
                                max_length=12,
                                verbose_name="settlement",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("normal", "Normal"),
                                    ("watch", "Watch"),
                                    ("frozen", "Frozen"),
                                    ("cash_only", "Cash only"),
                                ],
                                default="normal",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("next_review_on", models.DateField(blank=True, null=True, verbose_name="next review")),
                        (
                            "counts_unallocated",
                            models.BooleanField(
                                default=True,
                                help_text="Money received that is not matched yet.",
                                verbose_name="unallocated receipts reduce exposure",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
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
                                to="credit.creditaccount",
                            ),
                        ),
                        (
                            "stopped_from",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("normal", "Normal"),
                                    ("watch", "Watch"),
                                    ("frozen", "Frozen"),
                                    ("cash_only", "Cash only"),
                                ],
                                default="",
                                editable=False,
                                help_text="Set while collection has frozen the account; a status set by hand ends that.",
                                max_length=10,
                                verbose_name="status before supply was stopped",
                            ),
                        ),
                        (
                            "regular_limit",
                            crm.core.money.MoneyField(
                                blank=True,
                                decimal_places=2,
                                editable=False,
                                max_digits=18,
                                null=True,
                                verbose_name="limit after the temporary increase",
                            ),
                        ),
                        (
                            "temporary_until",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="temporary increase up to"
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="CreditEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "balance",
                            models.CharField(
                                choices=[
                                    ("reserved", "Reserved"),
                                    ("receivable", "Receivable"),
                                    ("unallocated", "Unallocated"),
                                    ("uncleared", "Uncleared"),
                                ],
                                max_length=12,
                                verbose_name="balance",
                            ),
                        ),
                        (
                            "verb",
                            models.CharField(
                                choices=[
                                    ("reserve", "Reserve"),
                                    ("consume", "Consume"),
                                    ("cancel", "Cancel"),
                                    ("charge", "Charge"),
                                    ("settle", "Settle"),
                                    ("reverse", "Reverse"),
                                ],
                                max_length=8,
                                verbose_name="movement",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("due_on", models.DateField(null=True, verbose_name="due date")),
                        ("currency", crm.core.money.CurrencyCodeField(max_length=3, verbose_name="currency")),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        (
                            "base_amount",
                            crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="base amount"),
                        ),
                        ("source_kind", models.CharField(max_length=20, verbose_name="source")),
                        ("source_id", models.BigIntegerField(verbose_name="source id")),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="credit.creditaccount",
                                verbose_name="account",
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
                    ],
                    options={
                        "verbose_name": "credit entry",
                        "verbose_name_plural": "credit entries",
                        "ordering": ["-pk"],
                        "indexes": [models.Index(fields=["account", "-id"], name="entry_by_account")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("due_on__isnull", False),
                                    models.Q(("balance", "receivable"), _negated=True),
                                    _connector="OR",
                                ),
                                name="entry_receivable_has_due_date",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OpenByDueDate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("due_on", models.DateField(verbose_name="due date")),
                        (
                            "open_amount",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="open amount"
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="open_by_due_date",
                                to="credit.creditaccount",
                                verbose_name="account",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "open by due date",
                        "verbose_name_plural": "open by due date",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("open_amount__gt", 0)),
                                fields=["account", "due_on"],
                                include=("open_amount",),
                                name="open_by_due_date_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("account", "due_on"), include=("open_amount",), name="open_once_a_due_date"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("open_amount__gte", 0)), name="open_by_due_date_not_negative"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reservation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source_kind", models.CharField(max_length=20, verbose_name="source")),
                        ("source_id", models.BigIntegerField(verbose_name="source id")),
                        ("on", models.DateField(verbose_name="date")),
                        ("amount", crm.core.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                        (
                            "consumed",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="consumed"
                            ),
                        ),
                        (
                            "cancelled",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="cancelled"
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reservations",
                                to="credit.creditaccount",
                                verbose_name="account",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "reservation",
                        "verbose_name_plural": "reservations",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source_kind", "source_id"), name="reservation_once_a_source"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("amount__gt", 0),
                                    ("cancelled__gte", 0),
                                    ("consumed__gte", 0),
                                    (
                                        "amount__gte",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("consumed"), "+", models.F("cancelled")
                                        ),
                                    ),
                                ),
                                name="reservation_parts_fit",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PaymentBehaviour",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("window_months", models.PositiveSmallIntegerField(verbose_name="months")),
                        ("on", models.DateField(verbose_name="as at")),
                        ("invoices_due", models.PositiveIntegerField(default=0, verbose_name="invoices due")),
                        (
                            "amount_due",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="amount due"
                            ),
                        ),
                        (
                            "amount_paid",
                            crm.core.money.MoneyField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="amount paid"
                            ),
                        ),
                        ("collection_rate", models.FloatField(null=True, verbose_name="collection rate")),
                        ("average_days_late", models.FloatField(null=True, verbose_name="average days late")),
                        ("weighted_days_late", models.FloatField(null=True, verbose_name="weighted days late")),
                        ("trend", models.FloatField(null=True, verbose_name="trend in days")),
                        ("overdue_share", models.FloatField(null=True, verbose_name="overdue share")),
                        ("promises_made", models.PositiveIntegerField(default=0, verbose_name="promises judged")),
                        ("promises_kept", models.PositiveIntegerField(default=0, verbose_name="promises kept")),
                        ("receipts", models.PositiveIntegerField(default=0, verbose_name="receipts")),
                        ("instrument", models.CharField(blank=True, max_length=16, verbose_name="usual instrument")),
                        (
                            "instrument_before",
                            models.CharField(blank=True, max_length=16, verbose_name="usual instrument before"),
                        ),
                        (
                            "instrument_changes",
                            models.PositiveIntegerField(default=0, verbose_name="changes of instrument"),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="behaviour",
                                to="credit.creditaccount",
                                verbose_name="account",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "payment behaviour",
                        "verbose_name_plural": "payment behaviour",
                        "ordering": ["account", "window_months"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("account", "window_months"), name="behaviour_once_a_window"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("window_months__in", (3, 6, 12))), name="behaviour_window"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CreditRequest",
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
                                    ("new", "New limit"),
                                    ("increase", "Increase of the limit"),
                                    ("decrease", "Decrease of the limit"),
                                    ("term", "Other term"),
                                    ("settlement", "Other settlement"),
                                    ("temporary", "Temporary increase"),
                                    ("unfreeze", "Lift of a restriction"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "number",
                            models.CharField(
                                editable=False, max_length=20, null=True, unique=True, verbose_name="number"
                            ),
                        ),
                        (
                            "is_open",
                            models.BooleanField(default=False, editable=False, verbose_name="waits for a decision"),
                        ),
                        (
                            "wanted_limit",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="limit wanted"
                            ),
                        ),
                        (
                            "wanted_term_days",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="term wanted, in days"
                            ),
                        ),
                        (
                            "wanted_settlement",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("cash", "Cash"),
                                    ("rolling", "Rolling"),
                                    ("monthly", "Monthly"),
                                    ("quarterly", "Quarterly"),
                                    ("yearly", "Yearly"),
                                    ("floor_stock", "Floor stock"),
                                    ("consignment", "Consignment"),
                                ],
                                max_length=12,
                                verbose_name="settlement wanted",
                            ),
                        ),
                        ("until", models.DateField(blank=True, null=True, verbose_name="last day")),
                        ("reason", models.TextField(blank=True, max_length=1000, verbose_name="reason")),
                        (
                            "plan",
                            models.TextField(blank=True, max_length=1000, verbose_name="how it will be paid down"),
                        ),
                        (
                            "purchase_estimate",
                            crm.core.money.MoneyField(
                                blank=True,
                                decimal_places=2,
                                max_digits=18,
                                null=True,
                                verbose_name="monthly purchases expected",
                            ),
                        ),
                        ("bank_reference", models.TextField(blank=True, max_length=500, verbose_name="bank reference")),
                        (
                            "trade_reference",
                            models.TextField(blank=True, max_length=500, verbose_name="trade references"),
                        ),
                        ("ended_on", models.DateField(editable=False, null=True, verbose_name="ended on")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="requests",
                                to="credit.creditaccount",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "approval",
                            models.OneToOneField(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credit_request",
                                to="approvals.request",
                                verbose_name="approval",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "credit request",
                        "verbose_name_plural": "credit requests",
                        "ordering": ["-pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(
                                    ("ended_on__isnull", True),
                                    ("is_open", False),
                                    ("kind", "temporary"),
                                    ("number__isnull", False),
                                ),
                                fields=["until"],
                                name="credit_request_temporary",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("approval__isnull", True), ("is_open", False), ("number__isnull", True)),
                                    models.Q(("approval__isnull", False), ("number__isnull", False)),
                                    _connector="OR",
                                ),
                                name="credit_request_number_with_approval",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("wanted_limit__isnull", True), ("wanted_limit__gte", 0), _connector="OR"
                                ),
                                name="credit_request_limit_not_negative",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_open", True)),
                                fields=("account",),
                                name="credit_request_one_open",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Attachment",
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
                                    ("application", "Signed credit form"),
                                    ("statements", "Financial statements"),
                                    ("solvency", "Proof of solvency"),
                                    ("other", "Other"),
                                ],
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        ("name", models.CharField(max_length=200, verbose_name="file name")),
                        (
                            "file",
                            models.FileField(
                                max_length=200,
                                storage=crm.jobs.models.private_storage,
                                upload_to=credit.models.requests.attachment_path,
                                verbose_name="file",
                            ),
                        ),
                        ("size", models.PositiveIntegerField(verbose_name="size")),
                        ("content_type", models.CharField(max_length=100, verbose_name="type")),
                        ("checksum", models.CharField(max_length=64, verbose_name="checksum")),
                        ("uploaded_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded at")),
                        (
                            "uploaded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="uploaded by",
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attachments",
                                to="credit.creditrequest",
                                verbose_name="credit request",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "attachment",
                        "verbose_name_plural": "attachments",
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="CreditRequestEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("new", "New limit"),
                                    ("increase", "Increase of the limit"),
                                    ("decrease", "Decrease of the limit"),
                                    ("term", "Other term"),
                                    ("settlement", "Other settlement"),
                                    ("temporary", "Temporary increase"),
                                    ("unfreeze", "Lift of a restriction"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("number", models.CharField(editable=False, max_length=20, null=True, verbose_name="number")),
                        (
                            "is_open",
                            models.BooleanField(default=False, editable=False, verbose_name="waits for a decision"),
                        ),
                        (
                            "wanted_limit",
                            crm.core.money.MoneyField(
                                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="limit wanted"
                            ),
                        ),
                        (
                            "wanted_term_days",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="term wanted, in days"
                            ),
                        ),
                        (
                            "wanted_settlement",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("cash", "Cash"),
                                    ("rolling", "Rolling"),
                                    ("monthly", "Monthly"),
                                    ("quarterly", "Quarterly"),
                                    ("yearly", "Yearly"),
                                    ("floor_stock", "Floor stock"),
                                    ("consignment", "Consignment"),
                                ],
                                max_length=12,
                                verbose_name="settlement wanted",
                            ),
                        ),
                        ("until", models.DateField(blank=True, null=True, verbose_name="last day")),
                        ("reason", models.TextField(blank=True, max_length=1000, verbose_name="reason")),
                        (
                            "plan",
                            models.TextField(blank=True, max_length=1000, verbose_name="how it will be paid down"),
                        ),
                        (
                            "purchase_estimate",
                            crm.core.money.MoneyField(
                                blank=True,
                                decimal_places=2,
                                max_digits=18,
                                null=True,
                                verbose_name="monthly purchases expected",
                            ),
                        ),
                        ("bank_reference", models.TextField(blank=True, max_length=500, verbose_name="bank reference")),
                        (
                            "trade_reference",
                            models.TextField(blank=True, max_length=500, verbose_name="trade references"),
                        ),
                        ("ended_on", models.DateField(editable=False, null=True, verbose_name="ended on")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "account",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="credit.creditaccount",
                                verbose_name="account",
                            ),
                        ),
                        (
                            "approval",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="approvals.request",
                                verbose_name="approval",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_constraint=False,
                                editable=False,
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
                                to="credit.creditrequest",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
            ]
        ),
        AtOnce(
            [
                pgtrigger.migrations.AddTrigger(
                    model_name="creditaccount",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."counts_unallocated" IS DISTINCT FROM (NEW."counts_unallocated") OR OLD."limit" IS DISTINCT FROM (NEW."limit") OR OLD."next_review_on" IS DISTINCT FROM (NEW."next_review_on") OR OLD."regular_limit" IS DISTINCT FROM (NEW."regular_limit") OR OLD."settlement" IS DISTINCT FROM (NEW."settlement") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."temporary_until" IS DISTINCT FROM (NEW."temporary_until") OR OLD."term_days" IS DISTINCT FROM (NEW."term_days"))',
                            func='INSERT INTO "credit_creditaccountevent" ("counts_unallocated", "created_at", "customer_id", "id", "limit", "next_review_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "regular_limit", "settlement", "status", "stopped_from", "temporary_until", "term_days") VALUES (OLD."counts_unallocated", OLD."created_at", OLD."customer_id", OLD."id", OLD."limit", OLD."next_review_on", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."regular_limit", OLD."settlement", OLD."status", OLD."stopped_from", OLD."temporary_until", OLD."term_days"); RETURN NULL;',
                            hash="b1d17d09faaa3f022298b710f5d4f38f672b25ab",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_7b3dc",
                            table="credit_creditaccount",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditaccount",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "credit_creditaccountevent" ("counts_unallocated", "created_at", "customer_id", "id", "limit", "next_review_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "regular_limit", "settlement", "status", "stopped_from", "temporary_until", "term_days") VALUES (OLD."counts_unallocated", OLD."created_at", OLD."customer_id", OLD."id", OLD."limit", OLD."next_review_on", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."regular_limit", OLD."settlement", OLD."status", OLD."stopped_from", OLD."temporary_until", OLD."term_days"); RETURN NULL;',
                            hash="18c98c819eba957da8a5304c96eb6668b148b65a",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_2c52c",
                            table="credit_creditaccount",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditentry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="340d5e8ee75f20b54e400afa4ce48eba88c75548",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_ca9cc",
                            table="credit_creditentry",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="reservation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="a0a61dd808b98f9f0c5f1bbfe967e61b2ac5db7a",
                            operation="DELETE",
                            pgid="pgtrigger_no_delete_f48c2",
                            table="credit_reservation",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="reservation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="posted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."source_kind" IS DISTINCT FROM (NEW."source_kind") OR OLD."source_id" IS DISTINCT FROM (NEW."source_id") OR OLD."on" IS DISTINCT FROM (NEW."on") OR OLD."amount" IS DISTINCT FROM (NEW."amount"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="f47ab124521276cc0fc04ec10feca3c71ce42cae",
                            operation="UPDATE",
                            pgid="pgtrigger_posted_6fa2e",
                            table="credit_reservation",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="submitted_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.number IS NOT NULL AND ROW(OLD.account_id, OLD.kind, OLD.number, OLD.approval_id, OLD.wanted_limit, OLD.wanted_term_days, OLD.wanted_settlement, OLD.until, OLD.reason, OLD.plan, OLD.purchase_estimate, OLD.bank_reference, OLD.trade_reference) IS DISTINCT FROM ROW(NEW.account_id, NEW.kind, NEW.number, NEW.approval_id, NEW.wanted_limit, NEW.wanted_term_days, NEW.wanted_settlement, NEW.until, NEW.reason, NEW.plan, NEW.purchase_estimate, NEW.bank_reference, NEW.trade_reference))",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="6ce6f830dc3f6bf76a943ca1ccfd81cb23ac8a9a",
                            operation="UPDATE",
                            pgid="pgtrigger_submitted_stays_6ec03",
                            table="credit_creditrequest",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="no_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."number" IS NOT NULL)',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="0d75f63f893de1d213f70e3058b3fa077d6b85ce",
                            operation="DELETE",
                            pgid="pgtrigger_no_delete_cb6ed",
                            table="credit_creditrequest",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "credit_creditrequestevent" ("account_id", "approval_id", "bank_reference", "created_at", "created_by_id", "ended_on", "id", "is_open", "kind", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan", "purchase_estimate", "reason", "trade_reference", "until", "wanted_limit", "wanted_settlement", "wanted_term_days") VALUES (OLD."account_id", OLD."approval_id", OLD."bank_reference", OLD."created_at", OLD."created_by_id", OLD."ended_on", OLD."id", OLD."is_open", OLD."kind", OLD."number", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."plan", OLD."purchase_estimate", OLD."reason", OLD."trade_reference", OLD."until", OLD."wanted_limit", OLD."wanted_settlement", OLD."wanted_term_days"); RETURN NULL;',
                            hash="e0084da7d487693fd3cacb3aada50e90f7208d3d",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_64ff5",
                            table="credit_creditrequest",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="creditrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "credit_creditrequestevent" ("account_id", "approval_id", "bank_reference", "created_at", "created_by_id", "ended_on", "id", "is_open", "kind", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan", "purchase_estimate", "reason", "trade_reference", "until", "wanted_limit", "wanted_settlement", "wanted_term_days") VALUES (OLD."account_id", OLD."approval_id", OLD."bank_reference", OLD."created_at", OLD."created_by_id", OLD."ended_on", OLD."id", OLD."is_open", OLD."kind", OLD."number", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."plan", OLD."purchase_estimate", OLD."reason", OLD."trade_reference", OLD."until", OLD."wanted_limit", OLD."wanted_settlement", OLD."wanted_term_days"); RETURN NULL;',
                            hash="6230fb188499263ce6dadc9f35e50e3fcbe216c9",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_8a209",
                            table="credit_creditrequest",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
    ]
