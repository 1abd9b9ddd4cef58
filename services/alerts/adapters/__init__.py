"""The query that finds the drivers who look for a trip."""
