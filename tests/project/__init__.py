"""Projects from the template: made, checked by their own tools, extended and updated."""
