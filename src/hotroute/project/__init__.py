"""Projects of one's own: made from the template, extended by resources and jobs, updated with the template."""
