"""A load of Conduit calls, the same for the same number, and a report of where its time went."""
