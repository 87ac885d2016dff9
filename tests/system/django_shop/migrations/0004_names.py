"""Names change, and what there was goes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("django_shop", "0003_more"),)
    operations = (
        migrations.RemoveField("Book", "double"),
        migrations.RemoveConstraint("Book", "thick_titles"),
        migrations.RenameField("Author", "name", "full_name"),
        migrations.RenameModel("Book", "Volume"),
        migrations.RenameField("Volume", "pages", "leaves"),
        migrations.RenameIndex("Volume", new_name="by_cost", old_name="by_price"),
        migrations.AlterUniqueTogether("Volume", set()),
        migrations.AlterModelTable("Tag", "labels"),
        migrations.RemoveIndex("Author", "alive_born"),
        migrations.RemoveField("Author", "born"),
        migrations.AlterField("Volume", "author", models.ForeignKey("django_shop.Author", models.PROTECT, null=True)),
        migrations.RemoveField("Author", "email"),
        migrations.AlterField("Author", "full_name", models.CharField(max_length=50, unique=True)),
        migrations.RemoveField("Volume", "about"),
        migrations.RunSQL(
            "CREATE VIEW shop_titles AS SELECT v.title, a.full_name FROM django_shop_volume AS v"
            " JOIN django_shop_author AS a ON a.id = v.author_id",
            "DROP VIEW shop_titles",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER shop_thick AFTER UPDATE OF leaves ON django_shop_volume WHEN new.leaves > 900"
            " BEGIN UPDATE django_shop_author SET since = new.leaves WHERE id = new.author_id; END",
            "DROP TRIGGER shop_thick",
        ),
    )
