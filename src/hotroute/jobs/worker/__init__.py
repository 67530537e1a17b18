"""Running jobs: claiming, renewing, interrupting, giving back."""
