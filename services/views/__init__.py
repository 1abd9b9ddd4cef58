"""The read side: one service a kind of screen."""
