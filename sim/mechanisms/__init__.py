"""What changes the table between rounds and after signature: one file a mechanism."""
