"""The payment of drivers: bank details, statements, and the books behind them."""
