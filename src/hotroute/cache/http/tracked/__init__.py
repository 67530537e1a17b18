"""Records of what a view reads of its request."""
