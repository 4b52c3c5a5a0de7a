"""Applications of drivers: from the first statement to the approval, and suspensions."""
