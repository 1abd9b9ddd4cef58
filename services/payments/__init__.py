"""What drivers are owed and paid: bank details, statements, and the books behind them."""
