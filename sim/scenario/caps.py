"""How large a scenario may get by what is merged and set: no larger than what can be read again.

A file under the caps of the reader can still grow past them, since a setting with `*` puts its value in many places and
a path leads deeper than the text that sets it. What is written beside results must read back to the same scenario.
"""

from collections.abc import Iterator

from sim.scenario.messages import Faults
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.yaml_reader import MOST_BYTES, MOST_DEPTH, MOST_NODES
from sim.scenario.yaml_writer import LONGEST_COMMENT, document

BYTES_A_CHARACTER = 10  # of a text at most, as it is written: \U0001f54a
BYTES_A_NODE = 2 * MOST_DEPTH + 10  # indentation, quotes, brackets and commas


def small_enough(root: MappingNode, faults: Faults) -> bool:
    """Whether a tree can be read again once it is written; a fault if it is too deep, or has too many entries."""
    bytes_at_most = 0
    for entries, (node, depth) in enumerate(walk(root), 1):
        if depth > MOST_DEPTH:
            faults.add(node.mark, f"more than {MOST_DEPTH} levels deep once it is set; a scenario needs about ten")
            return False
        if entries > MOST_NODES:
            faults.add(node.mark, f"more than {MOST_NODES:,} entries, with what is merged and set; take some out")
            return False
        bytes_at_most += BYTES_A_NODE + _text_bytes(node)
    if bytes_at_most > MOST_BYTES:
        size = len(document(root).encode("utf-8", "surrogatepass"))
        if size > MOST_BYTES:
            message = f"written out, with all overrides told, it takes {size:,} bytes; at most {MOST_BYTES:,} would do"
            faults.add(root.mark, message)
            return False
    return True


def walk(node: Node, depth: int = 1) -> Iterator[tuple[Node, int]]:
    """A node, its keys and all below it, each with its depth, as the reader counts them."""
    stack = [(node, depth)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        if isinstance(node, MappingNode):
            for name, child in node.items.items():
                stack += [(child, depth + 1), (ScalarNode(node.keys.get(name, child.mark), "", name, False), depth + 1)]
        elif isinstance(node, SequenceNode):
            stack += [(child, depth + 1) for child in node.items]


def _text_bytes(node: Node) -> int:
    gone = sum(len(name) + 200 for name in getattr(node, "gone", ()))
    comment = 4 * min(LONGEST_COMMENT, len(node.change) + gone)
    return comment + (BYTES_A_CHARACTER * len(node.text) if isinstance(node, ScalarNode) else 0)
