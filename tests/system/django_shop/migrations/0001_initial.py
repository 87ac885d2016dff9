"""Three models with all kinds of relations."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = (
        migrations.CreateModel(
            "Author",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=50, db_index=True)),
                ("born", models.DateField(null=True)),
                ("is_alive", models.BooleanField(default=True)),
            ],
            {"ordering": ["name"]},
        ),
        migrations.CreateModel(
            "Tag",
            [("id", models.BigAutoField(primary_key=True)), ("label", models.CharField(max_length=20, unique=True))],
        ),
        migrations.CreateModel(
            "Book",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("title", models.CharField(max_length=100)),
                ("price", models.DecimalField(max_digits=6, decimal_places=2)),
                ("about", models.JSONField(default=dict)),
                ("author", models.ForeignKey("django_shop.Author", models.CASCADE, related_name="books")),
                ("tags", models.ManyToManyField("django_shop.Tag")),
            ],
            {"unique_together": {("author", "title")}},
        ),
    )
