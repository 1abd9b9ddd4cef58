"""Trips offered to drivers, the missions they become, and the drivers who carry them out."""
