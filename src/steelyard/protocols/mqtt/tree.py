"""Who gets a topic: the topic filters of all subscribers as one tree."""

from collections.abc import Iterable
from typing import Generic, TypeVar

Who = TypeVar("Who")


class Tree(Generic[Who]):
    """Topic filters with `+` and `#`, and who holds each of them."""

    def __init__(self, filters: Iterable[tuple[str, Who]] = ()) -> None:
        self._root: dict[str, dict] = {}
        self._holders: dict[int, list[Who]] = {}
        for text, who in filters:
            self.add(text, who)

    def add(self, text: str, who: Who) -> None:
        """Let `who` hold the filter `text`."""
        node = self._root
        for part in text.split("/"):
            node = node.setdefault(part, {})
        self._holders.setdefault(id(node), []).append(who)

    def match(self, topic: str) -> list[Who]:
        """Return everybody who holds a filter that this topic matches, each once.

        >>> Tree([("a/+/c", 1), ("a/#", 2), ("a/b/c", 1), ("b", 3)]).match("a/b/c")
        [1, 2]
        """
        nodes, ends = [self._root], []
        for depth, part in enumerate(topic.split("/")):
            wild = depth or not part.startswith("$")
            ends += [node["#"] for node in nodes if wild and "#" in node]
            nodes = [node[key] for node in nodes for key in ((part, "+") if wild else (part,)) if key in node]
        ends = [*nodes, *(node["#"] for node in nodes if "#" in node), *ends]
        found: list[Who] = []
        for node in ends:
            found += [who for who in self._holders.get(id(node), ()) if who not in found]
        return found
