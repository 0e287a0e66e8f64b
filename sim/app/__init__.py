"""The local page: `peacesim app` serves it to the browser of this machine only."""
