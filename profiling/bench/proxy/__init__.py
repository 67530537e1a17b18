"""What our configuration of Nginx costs, beside a minimal one of the same program with the same TLS and logging."""
