"""The contract compiler: .proto and topic files in; Python, AsyncAPI and the catalogue out."""
