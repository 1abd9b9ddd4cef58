"""The page where a customer pays for a case: by card at the provider, or at the dealership."""
