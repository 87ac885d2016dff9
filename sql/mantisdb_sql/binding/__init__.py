"""From sqlglot's tree to bound queries: names resolved, types decided."""
