"""Drawn inputs, the state of the talks, the Mesa agents and the Mesa model: a step is a round."""
