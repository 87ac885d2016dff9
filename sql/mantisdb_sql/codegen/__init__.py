"""From plans to Python source, and from there to functions."""
