"""From text to sqlglot's tree: tokens, the grammar and its tables, the parser; what a text's literals are."""
