"""The wheel of the engine, built from this repository and installed into empty environments."""
