"""What every trainer stands on: processes, monitors, checkpoints."""
