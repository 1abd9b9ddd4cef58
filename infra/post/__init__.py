"""What leaves for the outside: letters, by mail or text message, each with a receipt.

A service decides what is sent to whom and when; this is how.
"""
