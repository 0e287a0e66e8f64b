"""Results of talks: columns, tallies, figures and summary; and their folder on disk."""
