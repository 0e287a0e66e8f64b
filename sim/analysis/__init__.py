"""What a scenario and its results say: portrait, comparison, explanation, sensitivity, discovery."""
