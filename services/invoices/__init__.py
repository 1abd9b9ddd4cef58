"""What a delivered mission is paid: price, expenses, approval, and the document that says so."""
