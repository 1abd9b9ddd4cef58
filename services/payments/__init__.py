"""What drivers are paid: invoices, bank details, statements, and the books behind them."""
