"""Which reward model is in charge: gate, appointment, history."""
