"""The plans of every statement that Conduit sends, on both databases at a size that counts."""
