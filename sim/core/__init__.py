"""Functions of arrays, without Mesa and without files: arithmetic, random streams, packages, utility, solutions."""
