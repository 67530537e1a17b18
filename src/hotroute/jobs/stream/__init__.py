"""Following jobs live: a process of its own, so that no worker of the API is held by those who listen."""
