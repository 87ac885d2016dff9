"""Rows."""

import datetime

from django.db import migrations


def _fill(apps, editor):
    author, tag, book = (apps.get_model("django_shop", name) for name in ("Author", "Tag", "Book"))
    tags = [tag.objects.create(label=label) for label in ("new", "old", "Zürich")]
    for i, name in enumerate(("Ann", "Bob", "Cy")):
        writer = author.objects.create(name=name, born=datetime.date(1970 + i, 1, 31) if i else None)
        for n in range(3):
            made = book.objects.create(title=f"{name} {n}", author=writer, price=f"{n}.50", about={"n": [n, None]})
            made.tags.set(tags[: n + 1])


def _empty(apps, editor):
    for name in ("Book", "Tag", "Author"):
        apps.get_model("django_shop", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = (("django_shop", "0001_initial"),)
    operations = (migrations.RunPython(_fill, _empty),)
