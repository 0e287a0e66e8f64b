"""peacesim: a peace-deal scenario simulator."""
