"""Filters and tags every template has at hand: one way to show money, dates and states."""

from django import template

register = template.Library()
