"""INSERT, UPDATE and DELETE: binding and compiling them, batches, triggers, foreign keys."""
