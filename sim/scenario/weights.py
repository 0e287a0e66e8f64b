"""Weights sum to 1, exactly, in decimal; setting one rescales the party's others in proportion."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from sim.core.wording import listed, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.paths import get
from sim.scenario.yaml_writer import brief

PLACES = Decimal("1e-12")  # decimal places of rescaled weights; the rest goes to the largest


def weight(node: Node | None) -> Decimal | None:
    """Return the central weight exactly as written, None if the node is no number."""
    if isinstance(node, ScalarNode):
        return node.decimal
    value, spread = get(node, "value"), get(node, "range")
    if isinstance(value, ScalarNode):
        return value.decimal
    if isinstance(spread, SequenceNode) and len(spread.items) == 2:
        low, high = (end.decimal if isinstance(end, ScalarNode) else None for end in spread.items)
        return None if low is None or high is None else (low + high) / 2
    return None


def total(weights: MappingNode) -> Decimal | None:
    """Return the sum of a party's central weights, None if one of them is no number."""
    with localcontext() as context:
        context.prec = 100
        found = [weight(node) for node in weights.items.values()]
        return None if None in found or not found else sum((each for each in found if each is not None), Decimal(0))


def rescale(root: MappingNode, party: str, fixed: Iterable[str], origin: str, mark: Mark, faults: Faults) -> None:
    """Rescale the weights of a party that were not set, value and range, so that all sum to 1.

    `fixed` are issues whose weights were set, `origin` who set them, for the comment in the resolved file.
    """
    weights = get(root, "parties", party, "weights")
    if not isinstance(weights, MappingNode) or total(weights) is None:
        return
    set_ones = [issue for issue in fixed if issue in weights.items]
    others = {issue: node for issue, node in weights.items.items() if issue not in set_ones}
    with localcontext() as context:
        context.prec = 60
        left = 1 - sum((_sure(weights.items[issue]) for issue in set_ones), Decimal(0))
        there = sum(map(_sure, others.values()), Decimal(0))
        if left == there:
            return
        path = f"parties.{shown(party)}.weights"
        if left < 0:
            faults.add(mark, f"{listed(set_ones)} set to {1 - left} in all, but weights sum to 1; set less", path)
        elif there == 0:
            what = f"there is {left} left to share out, but no other weight above 0 to rescale; set it to 1 in all"
            faults.add(mark, what, path)
        else:
            _scale(weights, others, left, left / there, origin)


def _scale(weights: MappingNode, others: dict[str, Node], left: Decimal, factor: Decimal, origin: str) -> None:
    scaled = {issue: _rounded(_sure(node) * factor) for issue, node in others.items()}
    largest = max(scaled, key=lambda issue: (scaled[issue], issue))
    scaled[largest] += left - sum(scaled.values(), Decimal(0))
    for issue, node in others.items():
        weights.items[issue] = _scaled(node, scaled[issue], factor, f"rescaled with {origin}; was {brief(node)}")


def _scaled(node: Node, value: Decimal, factor: Decimal, change: str) -> Node:
    """Scale a weight's range with a given new value."""
    if not isinstance(node, MappingNode):
        return ScalarNode(node.mark, change, decimal_text(value))
    mapping = MappingNode(node.mark, change, dict(node.items), dict(node.keys), dict(node.gone))
    at = mapping.items.get("value", node).mark
    items = {
        "value": ScalarNode(at, "", decimal_text(value)),
        **{key: each for key, each in mapping.items.items() if key != "value"},
    }
    spread = mapping.items.get("range")
    if isinstance(spread, SequenceNode):
        ends = sorted(_rounded(_sure(end) * factor) for end in spread.items)
        ends = [min(ends[0], value), max(ends[-1], value)]  # rounding must not push the value out
        items["range"] = SequenceNode(spread.mark, "", [ScalarNode(spread.mark, "", decimal_text(end)) for end in ends])
    mapping.items = items
    mapping.keys.setdefault("value", at)
    return mapping


def _sure(node: Node) -> Decimal:
    found = weight(node)
    return Decimal(0) if found is None else found


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(PLACES, ROUND_HALF_EVEN)


def decimal_text(number: Decimal) -> str:
    """Format a decimal number without needless zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
