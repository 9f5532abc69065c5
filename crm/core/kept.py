"""Parts of pages that are the same for many readers, rendered once and then kept in the memory of the process."""

from collections.abc import Hashable, Mapping
from typing import Any

from django.template import Context, NodeList
from django.utils.safestring import SafeString
from django.utils.translation import get_language

MOST = 200  # kept renderings of one part; beyond that it begins anew


class Kept:
    """A part of a template that depends on the language and on named values alone.

    It is rendered with nothing else in sight: neither the request nor the user nor a token can get into it, and so
    nothing of one reader can reach another. The values must be hashable and must not change.
    """

    def __init__(self, nodes: NodeList) -> None:
        self.nodes = nodes
        self.found: dict[Hashable, SafeString] = {}

    def render(self, context: Context, values: Mapping[str, Any]) -> SafeString:
        key = (get_language(), *values.values())
        html = self.found.get(key)
        if html is None:
            if len(self.found) >= MOST:
                self.found.clear()
            html = self.found[key] = self.nodes.render(context.new(dict(values)))
        return html
