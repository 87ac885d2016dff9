"""From bound queries to plans: join orders, access paths, where conditions are checked."""
