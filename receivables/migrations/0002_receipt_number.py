from django.db import migrations


class Migration(migrations.Migration):
    """Receipts without a number of their own take the next of this sequence; it need not be free of gaps."""

    dependencies = [("receivables", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE receivables_receipt_number_seq", "DROP SEQUENCE receivables_receipt_number_seq"
        ),
    ]
