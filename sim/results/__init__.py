"""Results of talks: columns, tallies, figures and summary; and the folder they lie in."""
