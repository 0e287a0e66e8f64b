"""Analyses of scenarios and results: portrait, comparison, explanation, sensitivity, discovery."""
