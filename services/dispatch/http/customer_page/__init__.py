"""The pages of the end customer of a marketplace."""
