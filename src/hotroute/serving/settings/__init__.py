"""Settings of servers: environment, sizing and executables."""
