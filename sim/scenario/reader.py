"""Reading a scenario file."""

import os
from collections.abc import Sequence

from sim.scenario.differences import load
from sim.scenario.messages import Faults
from sim.scenario.scenario import Scenario, from_tree


def read_scenario(path: str | os.PathLike[str], sets: Sequence[str] = ()) -> Scenario:
    """Read a scenario file and check it.

    Args:
        path: The file; what it `extends` lies in its folder or below.
        sets: `PATH=VALUE` texts, applied last; `parties.*.no_deal=0.4`.

    Raises:
        ScenarioError: whatever the bytes of the file, with all faults at once and their places.
    """
    faults = Faults()
    root = load(path, faults)
    if root is None:
        raise faults.error()
    return from_tree(root, sets, faults)
