"""Bring the list of regions (GB/T 2260) up to date with the installed packages."""

from typing import Any

from django.core.management.base import BaseCommand

from customers.lists import load_regions


class Command(BaseCommand):
    help = "Load provinces, cities and counties of China (GB/T 2260). May run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{load_regions()} regions")
