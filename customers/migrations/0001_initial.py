import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import crm.core.money
from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(),
        migrations.RunSQL(
            sql="CREATE SEQUENCE customers_number_seq",
            reverse_sql="DROP SEQUENCE customers_number_seq",
        ),
        AtOnce(
            [
                migrations.CreateModel(
                    name="Industry",
                    fields=[
                        ("name_zh", models.CharField(max_length=80, verbose_name="Chinese name")),
                        ("name_en", models.CharField(blank=True, max_length=120, verbose_name="English name")),
                        (
                            "code",
                            models.CharField(max_length=5, primary_key=True, serialize=False, verbose_name="code"),
                        ),
                        ("level", models.PositiveSmallIntegerField(verbose_name="level")),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="customers.industry",
                                verbose_name="parent",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "industry",
                        "verbose_name_plural": "industries",
                        "ordering": ["code"],
                    },
                ),
                migrations.CreateModel(
                    name="Region",
                    fields=[
                        ("name_zh", models.CharField(max_length=80, verbose_name="Chinese name")),
                        ("name_en", models.CharField(blank=True, max_length=120, verbose_name="English name")),
                        (
                            "code",
                            models.CharField(max_length=6, primary_key=True, serialize=False, verbose_name="code"),
                        ),
                        ("level", models.PositiveSmallIntegerField(verbose_name="level")),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="customers.region",
                                verbose_name="parent",
                            ),
                        ),
                        (
                            "province",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="customers.region",
                                verbose_name="province",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "region",
                        "verbose_name_plural": "regions",
                        "ordering": ["code"],
                    },
                ),
                migrations.CreateModel(
                    name="DuplicatePolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "similarity",
                            models.PositiveSmallIntegerField(
                                default=75,
                                help_text="Similarity of two core names in per cent; 100 finds equal names only.",
                                validators=[
                                    django.core.validators.MinValueValidator(50),
                                    django.core.validators.MaxValueValidator(100),
                                ],
                                verbose_name="names count as alike from",
                            ),
                        ),
                        (
                            "shown",
                            models.PositiveSmallIntegerField(
                                default=5,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(20),
                                ],
                                verbose_name="candidates shown",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "duplicate policy",
                        "verbose_name_plural": "duplicate policy",
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("id", 1)), name="duplicate_policy_one_row")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DuplicatePolicyEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        (
                            "similarity",
                            models.PositiveSmallIntegerField(
                                default=75,
                                help_text="Similarity of two core names in per cent; 100 finds equal names only.",
                                validators=[
                                    django.core.validators.MinValueValidator(50),
                                    django.core.validators.MaxValueValidator(100),
                                ],
                                verbose_name="names count as alike from",
                            ),
                        ),
                        (
                            "shown",
                            models.PositiveSmallIntegerField(
                                default=5,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(20),
                                ],
                                verbose_name="candidates shown",
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
                                to="customers.duplicatepolicy",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Customer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40, unique=True, verbose_name="customer number")),
                        (
                            "kind",
                            models.CharField(
                                choices=[("organisation", "Organisation"), ("person", "Person")],
                                default="organisation",
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("business", "Business"),
                                    ("intermediary", "Intermediary / dealer"),
                                    ("consumer", "Consumer"),
                                    ("public", "Public body"),
                                    ("internal", "Internal"),
                                ],
                                default="business",
                                max_length=12,
                                verbose_name="category",
                            ),
                        ),
                        ("name", models.CharField(max_length=200, verbose_name="legal name")),
                        ("short_name", models.CharField(blank=True, max_length=80, verbose_name="short name")),
                        ("english_name", models.CharField(blank=True, max_length=200, verbose_name="English name")),
                        (
                            "other_names",
                            models.CharField(
                                blank=True,
                                help_text="Other spellings it is found by, with a ; between them.",
                                max_length=400,
                                verbose_name="other names",
                            ),
                        ),
                        (
                            "uscc",
                            models.CharField(blank=True, max_length=18, verbose_name="unified social credit code"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("lead", "Lead"),
                                    ("prospect", "Prospect"),
                                    ("lead_customer", "Lead customer"),
                                    ("identified", "Identified"),
                                    ("active", "Active"),
                                    ("dormant", "Dormant"),
                                    ("lost", "Lost"),
                                    ("closed", "Closed"),
                                    ("blacklisted", "Blacklisted"),
                                ],
                                default="active",
                                max_length=16,
                                verbose_name="life-cycle state",
                            ),
                        ),
                        (
                            "country",
                            models.CharField(
                                default="CN",
                                help_text="ISO 3166 code, such as CN.",
                                max_length=2,
                                verbose_name="country",
                            ),
                        ),
                        ("address", models.CharField(blank=True, max_length=255, verbose_name="address")),
                        ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                        ("website", models.URLField(blank=True, verbose_name="website")),
                        (
                            "size",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("large", "Large"),
                                    ("medium", "Medium"),
                                    ("small", "Small"),
                                    ("micro", "Micro"),
                                ],
                                max_length=8,
                                verbose_name="size",
                            ),
                        ),
                        (
                            "ownership",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("state", "State-owned"),
                                    ("private", "Private"),
                                    ("foreign", "Foreign-invested"),
                                    ("joint", "Joint venture"),
                                    ("collective", "Collective"),
                                    ("sole", "Sole proprietor"),
                                ],
                                max_length=12,
                                verbose_name="ownership",
                            ),
                        ),
                        ("founded_on", models.DateField(blank=True, null=True, verbose_name="founded on")),
                        (
                            "registered_capital",
                            crm.core.money.MoneyField(
                                blank=True,
                                decimal_places=2,
                                max_digits=18,
                                null=True,
                                verbose_name="registered capital",
                            ),
                        ),
                        (
                            "registered_capital_currency",
                            crm.core.money.CurrencyCodeField(
                                blank=True, max_length=3, verbose_name="currency of the registered capital"
                            ),
                        ),
                        (
                            "legal_representative",
                            models.CharField(blank=True, max_length=80, verbose_name="legal representative"),
                        ),
                        ("notes", models.TextField(blank=True, verbose_name="notes")),
                        (
                            "core_name",
                            models.CharField(default="", editable=False, max_length=200, verbose_name="core name"),
                        ),
                        ("pinyin", models.CharField(default="", editable=False, max_length=400, verbose_name="pinyin")),
                        ("search_text", models.TextField(default="", editable=False, verbose_name="search text")),
                        (
                            "phone_digits",
                            models.CharField(default="", editable=False, max_length=20, verbose_name="phone digits"),
                        ),
                        ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="merged",
                                to="customers.customer",
                                verbose_name="merged into",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="customers",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="owner",
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="customers.customer",
                                verbose_name="parent company",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="customers",
                                to="accounts.team",
                                verbose_name="team",
                            ),
                        ),
                        (
                            "industry",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="customers.industry",
                                verbose_name="industry",
                            ),
                        ),
                        (
                            "region",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="customers.region",
                                verbose_name="region",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "customer",
                        "verbose_name_plural": "customers",
                        "ordering": ["pinyin", "pk"],
                        "permissions": [
                            ("assign_customer", "Can reassign customers"),
                            ("share_customer", "Can share customers with colleagues"),
                            ("blacklist_customer", "Can put customers on the blacklist and take them off"),
                        ],
                        "indexes": [
                            models.Index(fields=["pinyin", "id"], name="customer_by_name"),
                            models.Index(fields=["owner"], name="customer_by_owner"),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["search_text"], name="customer_search_trgm", opclasses=["gin_trgm_ops"]
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["core_name"], name="customer_core_trgm", opclasses=["gin_trgm_ops"]
                            ),
                            models.Index(fields=["core_name"], name="customer_by_core_name"),
                            models.Index(
                                condition=models.Q(("phone_digits", ""), _negated=True),
                                fields=["phone_digits"],
                                name="customer_by_phone",
                            ),
                            models.Index(
                                django.db.models.functions.text.Lower("email"),
                                condition=models.Q(("email", ""), _negated=True),
                                name="customer_by_email",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("uscc", ""), _negated=True),
                                fields=("uscc",),
                                name="customer_uscc_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("parent", models.F("id")), _negated=True),
                                name="customer_not_own_parent",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExternalRef",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source", models.CharField(max_length=40, verbose_name="source")),
                        ("kind", models.CharField(default="customer", max_length=40, verbose_name="kind")),
                        ("key", models.CharField(max_length=120, verbose_name="key")),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="external_refs",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "external reference",
                        "verbose_name_plural": "external references",
                        "constraints": [
                            models.UniqueConstraint(fields=("source", "kind", "key"), name="external_ref_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StateChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "from_state",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("lead", "Lead"),
                                    ("prospect", "Prospect"),
                                    ("lead_customer", "Lead customer"),
                                    ("identified", "Identified"),
                                    ("active", "Active"),
                                    ("dormant", "Dormant"),
                                    ("lost", "Lost"),
                                    ("closed", "Closed"),
                                    ("blacklisted", "Blacklisted"),
                                ],
                                max_length=16,
                                verbose_name="from",
                            ),
                        ),
                        (
                            "to_state",
                            models.CharField(
                                choices=[
                                    ("lead", "Lead"),
                                    ("prospect", "Prospect"),
                                    ("lead_customer", "Lead customer"),
                                    ("identified", "Identified"),
                                    ("active", "Active"),
                                    ("dormant", "Dormant"),
                                    ("lost", "Lost"),
                                    ("closed", "Closed"),
                                    ("blacklisted", "Blacklisted"),
                                ],
                                max_length=16,
                                verbose_name="to",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("cause", models.CharField(max_length=200, verbose_name="cause")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="state_changes",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "change of state",
                        "verbose_name_plural": "changes of state",
                        "ordering": ["-on", "-pk"],
                        "indexes": [models.Index(fields=["customer", "-on"], name="statechange_by_customer")],
                    },
                ),
                migrations.CreateModel(
                    name="TimelineEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=40, verbose_name="kind")),
                        ("on", models.DateField(verbose_name="date")),
                        ("data", models.JSONField(default=dict, verbose_name="figures")),
                        ("recorded_at", models.DateTimeField(auto_now_add=True, verbose_name="recorded at")),
                        (
                            "actor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="by",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="timeline_events",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "event",
                        "verbose_name_plural": "events",
                        "ordering": ["-on", "-pk"],
                        "indexes": [models.Index(fields=["customer", "-on", "-id"], name="event_by_customer")],
                    },
                ),
                migrations.CreateModel(
                    name="Contact",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        ("job_title", models.CharField(blank=True, max_length=80, verbose_name="job title")),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("user", "User"),
                                    ("influencer", "Influencer"),
                                    ("decider", "Decider"),
                                    ("approver", "Approver"),
                                    ("buyer", "Buyer"),
                                    ("gatekeeper", "Gatekeeper"),
                                    ("finance", "Accounts payable"),
                                ],
                                max_length=12,
                                verbose_name="role in buying",
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                        (
                            "phone_digits",
                            models.CharField(default="", editable=False, max_length=20, verbose_name="phone digits"),
                        ),
                        ("is_primary", models.BooleanField(default=False, verbose_name="main contact")),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        ("notes", models.CharField(blank=True, max_length=255, verbose_name="notes")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contacts",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "contact",
                        "verbose_name_plural": "contacts",
                        "ordering": ["-is_primary", "name"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("phone_digits", ""), _negated=True),
                                fields=["phone_digits"],
                                name="contact_by_phone",
                            ),
                            models.Index(
                                django.db.models.functions.text.Lower("email"),
                                condition=models.Q(("email", ""), _negated=True),
                                name="contact_by_email",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_active", True), ("is_primary", True)),
                                fields=("customer",),
                                name="contact_one_main",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Assignment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(verbose_name="date")),
                        ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="owner",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.team",
                                verbose_name="team",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="assignments",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "assignment",
                        "verbose_name_plural": "assignments",
                        "ordering": ["-on", "-pk"],
                        "indexes": [models.Index(fields=["customer", "-on"], name="assignment_by_customer")],
                    },
                ),
                migrations.CreateModel(
                    name="CustomerEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("code", models.CharField(max_length=40, verbose_name="customer number")),
                        (
                            "kind",
                            models.CharField(
                                choices=[("organisation", "Organisation"), ("person", "Person")],
                                default="organisation",
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("business", "Business"),
                                    ("intermediary", "Intermediary / dealer"),
                                    ("consumer", "Consumer"),
                                    ("public", "Public body"),
                                    ("internal", "Internal"),
                                ],
                                default="business",
                                max_length=12,
                                verbose_name="category",
                            ),
                        ),
                        ("name", models.CharField(max_length=200, verbose_name="legal name")),
                        ("short_name", models.CharField(blank=True, max_length=80, verbose_name="short name")),
                        ("english_name", models.CharField(blank=True, max_length=200, verbose_name="English name")),
                        (
                            "other_names",
                            models.CharField(
                                blank=True,
                                help_text="Other spellings it is found by, with a ; between them.",
                                max_length=400,
                                verbose_name="other names",
                            ),
                        ),
                        (
                            "uscc",
                            models.CharField(blank=True, max_length=18, verbose_name="unified social credit code"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("lead", "Lead"),
                                    ("prospect", "Prospect"),
                                    ("lead_customer", "Lead customer"),
                                    ("identified", "Identified"),
                                    ("active", "Active"),
                                    ("dormant", "Dormant"),
                                    ("lost", "Lost"),
                                    ("closed", "Closed"),
                                    ("blacklisted", "Blacklisted"),
                                ],
                                default="active",
                                max_length=16,
                                verbose_name="life-cycle state",
                            ),
                        ),
                        (
                            "country",
                            models.CharField(
                                default="CN",
                                help_text="ISO 3166 code, such as CN.",
                                max_length=2,
                                verbose_name="country",
                            ),
                        ),
                        ("address", models.CharField(blank=True, max_length=255, verbose_name="address")),
                        ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                        ("website", models.URLField(blank=True, verbose_name="website")),
                        (
                            "size",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("large", "Large"),
                                    ("medium", "Medium"),
                                    ("small", "Small"),
                                    ("micro", "Micro"),
                                ],
                                max_length=8,
                                verbose_name="size",
                            ),
                        ),
                        (
                            "ownership",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("state", "State-owned"),
                                    ("private", "Private"),
                                    ("foreign", "Foreign-invested"),
                                    ("joint", "Joint venture"),
                                    ("collective", "Collective"),
                                    ("sole", "Sole proprietor"),
                                ],
                                max_length=12,
                                verbose_name="ownership",
                            ),
                        ),
                        ("founded_on", models.DateField(blank=True, null=True, verbose_name="founded on")),
                        (
                            "registered_capital",
                            crm.core.money.MoneyField(
                                blank=True,
                                decimal_places=2,
                                max_digits=18,
                                null=True,
                                verbose_name="registered capital",
                            ),
                        ),
                        (
                            "registered_capital_currency",
                            crm.core.money.CurrencyCodeField(
                                blank=True, max_length=3, verbose_name="currency of the registered capital"
                            ),
                        ),
                        (
                            "legal_representative",
                            models.CharField(blank=True, max_length=80, verbose_name="legal representative"),
                        ),
                        ("notes", models.TextField(blank=True, verbose_name="notes")),
                        (
                            "core_name",
                            models.CharField(default="", editable=False, max_length=200, verbose_name="core name"),
                        ),
                        ("pinyin", models.CharField(default="", editable=False, max_length=400, verbose_name="pinyin")),
                        ("search_text", models.TextField(default="", editable=False, verbose_name="search text")),
                        (
                            "phone_digits",
                            models.CharField(default="", editable=False, max_length=20, verbose_name="phone digits"),
                        ),
                        ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
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
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="customers.customer",
                                verbose_name="merged into",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="owner",
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="customers.customer",
                                verbose_name="parent company",
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
                                to="customers.customer",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="accounts.team",
                                verbose_name="team",
                            ),
                        ),
                        (
                            "industry",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="customers.industry",
                                verbose_name="industry",
                            ),
                        ),
                        (
                            "region",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="customers.region",
                                verbose_name="region",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="CustomerShare",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(max_length=200, verbose_name="reason")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
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
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="shares",
                                to="customers.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="customer_shares",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="user",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "shared customer",
                        "verbose_name_plural": "shared customers",
                        "constraints": [
                            models.UniqueConstraint(fields=("customer", "user"), name="customer_shared_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ContactEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("id", models.BigIntegerField()),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        ("job_title", models.CharField(blank=True, max_length=80, verbose_name="job title")),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("user", "User"),
                                    ("influencer", "Influencer"),
                                    ("decider", "Decider"),
                                    ("approver", "Approver"),
                                    ("buyer", "Buyer"),
                                    ("gatekeeper", "Gatekeeper"),
                                    ("finance", "Accounts payable"),
                                ],
                                max_length=12,
                                verbose_name="role in buying",
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                        (
                            "phone_digits",
                            models.CharField(default="", editable=False, max_length=20, verbose_name="phone digits"),
                        ),
                        ("is_primary", models.BooleanField(default=False, verbose_name="main contact")),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        ("notes", models.CharField(blank=True, max_length=255, verbose_name="notes")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
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
                                to="customers.contact",
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
                    model_name="duplicatepolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "customers_duplicatepolicyevent" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shown", "similarity") VALUES (OLD."id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."shown", OLD."similarity"); RETURN NULL;',
                            hash="8515bf04a98c5cc5ea844114df0e09860fd41f07",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_c03c6",
                            table="customers_duplicatepolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="duplicatepolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "customers_duplicatepolicyevent" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shown", "similarity") VALUES (OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."shown", OLD."similarity"); RETURN NULL;',
                            hash="55f98a3bfb4551311ffa865a85f04785dfa44adb",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_07581",
                            table="customers_duplicatepolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="customer",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "customers_customerevent" ("address", "category", "code", "core_name", "country", "created_at", "created_by_id", "email", "english_name", "founded_on", "id", "industry_id", "kind", "legal_representative", "merged_into_id", "name", "notes", "other_names", "owner_id", "ownership", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_digits", "pinyin", "region_id", "registered_capital", "registered_capital_currency", "search_text", "short_name", "size", "state", "team_id", "uscc", "version", "website") VALUES (OLD."address", OLD."category", OLD."code", OLD."core_name", OLD."country", OLD."created_at", OLD."created_by_id", OLD."email", OLD."english_name", OLD."founded_on", OLD."id", OLD."industry_id", OLD."kind", OLD."legal_representative", OLD."merged_into_id", OLD."name", OLD."notes", OLD."other_names", OLD."owner_id", OLD."ownership", OLD."parent_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."phone", OLD."phone_digits", OLD."pinyin", OLD."region_id", OLD."registered_capital", OLD."registered_capital_currency", OLD."search_text", OLD."short_name", OLD."size", OLD."state", OLD."team_id", OLD."uscc", OLD."version", OLD."website"); RETURN NULL;',
                            hash="33f377cc209e10273047a095bbffae12ba544b71",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_ca86d",
                            table="customers_customer",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="customer",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "customers_customerevent" ("address", "category", "code", "core_name", "country", "created_at", "created_by_id", "email", "english_name", "founded_on", "id", "industry_id", "kind", "legal_representative", "merged_into_id", "name", "notes", "other_names", "owner_id", "ownership", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_digits", "pinyin", "region_id", "registered_capital", "registered_capital_currency", "search_text", "short_name", "size", "state", "team_id", "uscc", "version", "website") VALUES (OLD."address", OLD."category", OLD."code", OLD."core_name", OLD."country", OLD."created_at", OLD."created_by_id", OLD."email", OLD."english_name", OLD."founded_on", OLD."id", OLD."industry_id", OLD."kind", OLD."legal_representative", OLD."merged_into_id", OLD."name", OLD."notes", OLD."other_names", OLD."owner_id", OLD."ownership", OLD."parent_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phone", OLD."phone_digits", OLD."pinyin", OLD."region_id", OLD."registered_capital", OLD."registered_capital_currency", OLD."search_text", OLD."short_name", OLD."size", OLD."state", OLD."team_id", OLD."uscc", OLD."version", OLD."website"); RETURN NULL;',
                            hash="78918015775d220be77249534bdd355a4c0bc4c8",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_939ca",
                            table="customers_customer",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contact",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "customers_contactevent" ("created_at", "created_by_id", "customer_id", "email", "id", "is_active", "is_primary", "job_title", "name", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_digits", "role") VALUES (OLD."created_at", OLD."created_by_id", OLD."customer_id", OLD."email", OLD."id", OLD."is_active", OLD."is_primary", OLD."job_title", OLD."name", OLD."notes", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."phone", OLD."phone_digits", OLD."role"); RETURN NULL;',
                            hash="18f9efd520348292936e94a091b13c433549db87",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_760d1",
                            table="customers_contact",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="contact",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "customers_contactevent" ("created_at", "created_by_id", "customer_id", "email", "id", "is_active", "is_primary", "job_title", "name", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_digits", "role") VALUES (OLD."created_at", OLD."created_by_id", OLD."customer_id", OLD."email", OLD."id", OLD."is_active", OLD."is_primary", OLD."job_title", OLD."name", OLD."notes", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phone", OLD."phone_digits", OLD."role"); RETURN NULL;',
                            hash="5b1365a536a82d62f9318968720e9fdb4c15c8f9",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_2a63b",
                            table="customers_contact",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
    ]
