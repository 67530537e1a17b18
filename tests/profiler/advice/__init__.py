"""What is advised: on workloads whose answer is known."""
