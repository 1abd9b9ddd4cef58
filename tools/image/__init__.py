"""The image of all services, built and looked at."""
