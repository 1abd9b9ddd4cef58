"""The pay for delivered missions: price, expenses, approval, and the document that says so."""
