"""Every statement that Conduit sends: reads as Core rows, writes as entities."""
