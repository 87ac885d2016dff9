"""Fields, indexes and constraints are added and altered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("django_shop", "0002_rows"),)
    operations = (
        migrations.AddField("Book", "pages", models.PositiveIntegerField(default=100)),
        migrations.AddField("Author", "email", models.EmailField(null=True, unique=True)),
        migrations.AddField("Author", "mentor", models.ForeignKey("self", models.SET_NULL, null=True)),
        migrations.AddField("Author", "since", models.IntegerField(db_default=2000)),
        migrations.AlterField("Book", "price", models.DecimalField(max_digits=9, decimal_places=3, null=True)),
        migrations.AlterField("Book", "title", models.TextField()),
        migrations.AlterField("Tag", "label", models.CharField(max_length=40)),
        migrations.AddIndex("Book", models.Index(fields=["-price", "title"], name="by_price")),
        migrations.AddIndex("Book", models.Index(models.functions.Lower("title"), name="by_lower_title")),
        migrations.AddIndex(
            "Author", models.Index(fields=["born"], name="alive_born", condition=models.Q(is_alive=True))
        ),
        migrations.AddConstraint("Book", models.CheckConstraint(condition=models.Q(price__gte=0), name="no_debt")),
        migrations.AddConstraint(
            "Book",
            models.UniqueConstraint(fields=["title"], condition=models.Q(pages__gt=500), name="thick_titles"),
        ),
        migrations.AddField(
            "Book",
            "double",
            models.GeneratedField(
                expression=models.F("pages") * 2, output_field=models.IntegerField(), db_persist=False
            ),
        ),
    )
