"""The infrastructure that every service stands on."""
