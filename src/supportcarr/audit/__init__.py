"""The audit log: who did what to whose data, chained so that a change of it is found."""
