"""The documents of the APIs: written, held to rules, compared with those that were released."""
