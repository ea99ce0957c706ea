"""What differs by engine: compile hooks and declared capabilities, nothing else."""
