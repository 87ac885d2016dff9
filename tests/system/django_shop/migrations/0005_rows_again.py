"""Rows change in their new shape."""

from django.db import migrations, models


def _change(apps, editor):
    author, volume = apps.get_model("django_shop", "Author"), apps.get_model("django_shop", "Volume")
    volume.objects.filter(title__endswith="1").update(leaves=models.F("leaves") + 900)
    volume.objects.filter(author__full_name="Bob", title__endswith="0").delete()
    ann = author.objects.get(full_name="Ann")
    author.objects.filter(full_name="Cy").update(mentor=ann)
    volume.objects.create(title="Nobody's", author=None, price=None, leaves=3)


def _change_back(apps, editor):
    apps.get_model("django_shop", "Volume").objects.filter(author=None).delete()


class Migration(migrations.Migration):
    dependencies = (("django_shop", "0004_names"),)
    operations = (
        migrations.RunPython(_change, _change_back),
        migrations.AddField("Volume", "note", models.CharField(max_length=9, null=True)),
    )
