import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import crm.jobs.models
from crm.core.at_once import AtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        AtOnce(
            [
                migrations.CreateModel(
                    name="Night",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("on", models.DateField(unique=True, verbose_name="business date")),
                        ("started_at", models.DateTimeField(auto_now_add=True, verbose_name="started at")),
                        (
                            "started_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="started by",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "night",
                        "verbose_name_plural": "nights",
                        "ordering": ["-on"],
                        "permissions": [("rerun_night", "Can repeat steps of a night")],
                    },
                ),
                migrations.CreateModel(
                    name="Run",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=40, verbose_name="kind")),
                        (
                            "params",
                            models.JSONField(
                                default=dict,
                                encoder=django.core.serializers.json.DjangoJSONEncoder,
                                verbose_name="parameters",
                            ),
                        ),
                        ("on", models.DateField(verbose_name="business date")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("blocked", "Held back"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="waiting",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("done", models.PositiveIntegerField(default=0, verbose_name="done")),
                        ("total", models.PositiveIntegerField(default=0, verbose_name="total")),
                        (
                            "counts",
                            models.JSONField(
                                default=dict,
                                encoder=django.core.serializers.json.DjangoJSONEncoder,
                                verbose_name="figures",
                            ),
                        ),
                        ("error_code", models.CharField(blank=True, max_length=60, verbose_name="error")),
                        (
                            "error_params",
                            models.JSONField(
                                default=dict,
                                encoder=django.core.serializers.json.DjangoJSONEncoder,
                                verbose_name="error figures",
                            ),
                        ),
                        ("claim", models.PositiveIntegerField(default=0, verbose_name="claim")),
                        ("worker", models.CharField(blank=True, max_length=120, verbose_name="worker")),
                        ("heartbeat_at", models.DateTimeField(null=True, verbose_name="last beat")),
                        ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                        ("not_before", models.DateTimeField(null=True, verbose_name="not before")),
                        ("cancel_requested", models.BooleanField(default=False, verbose_name="cancel requested")),
                        (
                            "result",
                            models.FileField(
                                blank=True,
                                storage=crm.jobs.models.private_storage,
                                upload_to=crm.jobs.models.result_path,
                                verbose_name="result",
                            ),
                        ),
                        (
                            "result_name",
                            models.CharField(blank=True, max_length=120, verbose_name="name of the result"),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        ("started_at", models.DateTimeField(null=True, verbose_name="started at")),
                        ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                        ("seen_at", models.DateTimeField(null=True, verbose_name="seen at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="runs",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="created by",
                            ),
                        ),
                        (
                            "after",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                default=list,
                                size=None,
                                verbose_name="comes after",
                            ),
                        ),
                        ("nightly_step", models.CharField(blank=True, max_length=40, verbose_name="step")),
                        (
                            "piece",
                            models.JSONField(
                                encoder=django.core.serializers.json.DjangoJSONEncoder, null=True, verbose_name="piece"
                            ),
                        ),
                        (
                            "night",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="runs",
                                to="jobs.night",
                                verbose_name="night",
                            ),
                        ),
                        (
                            "follows",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                default=list,
                                size=None,
                                verbose_name="follows",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "run",
                        "verbose_name_plural": "runs",
                        "ordering": ["-pk"],
                        "indexes": [
                            models.Index(condition=models.Q(("state", "waiting")), fields=["id"], name="run_waiting"),
                            models.Index(
                                condition=models.Q(("state", "running")), fields=["heartbeat_at"], name="run_running"
                            ),
                            models.Index(fields=["created_by", "-id"], name="run_by_user"),
                            models.Index(
                                condition=models.Q(("night__isnull", False)),
                                fields=["night", "nightly_step"],
                                name="run_of_night",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "running"), _negated=True),
                                    models.Q(("claim__gt", 0), ("heartbeat_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="run_running_is_claimed",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("night__isnull", False), ("piece__isnull", True)),
                                fields=("night", "nightly_step"),
                                name="run_step_once_a_night",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("night__isnull", True), ("nightly_step", "")),
                                    models.Q(("night__isnull", False), models.Q(("nightly_step", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="run_of_a_night_names_its_step",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Step",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=40, verbose_name="step")),
                        ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("blocked", "Held back"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="waiting",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("claim", models.PositiveIntegerField(default=0, verbose_name="claim")),
                        (
                            "counts",
                            models.JSONField(
                                default=dict,
                                encoder=django.core.serializers.json.DjangoJSONEncoder,
                                verbose_name="figures",
                            ),
                        ),
                        ("started_at", models.DateTimeField(null=True, verbose_name="started at")),
                        ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="steps",
                                to="jobs.run",
                                verbose_name="run",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "step",
                        "verbose_name_plural": "steps",
                        "ordering": ["position"],
                        "constraints": [models.UniqueConstraint(fields=("run", "key"), name="step_once_a_run")],
                    },
                ),
                migrations.CreateModel(
                    name="Note",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                        ("attempt", models.PositiveSmallIntegerField(verbose_name="attempt")),
                        ("code", models.CharField(max_length=60, verbose_name="code")),
                        (
                            "figures",
                            models.JSONField(
                                default=dict,
                                encoder=django.core.serializers.json.DjangoJSONEncoder,
                                verbose_name="figures",
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notes",
                                to="jobs.run",
                                verbose_name="run",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "note",
                        "verbose_name_plural": "notes",
                        "ordering": ["pk"],
                    },
                ),
            ]
        ),
    ]
