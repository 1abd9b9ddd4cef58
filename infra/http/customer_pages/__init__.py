"""Pages that a customer without an account opens by a link: made by the server, without scripts.

A service brings a template, texts and what its pages do. All else is here: the links, who may send
a form, the layout and its style, the headers, the words of numbers and times
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md); CONTRIBUTING.md says how).
"""
