"""An application whose migrations do to its tables what Django's operations can do to tables."""
