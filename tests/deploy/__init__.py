"""What deploys the application: images, Compose, charts and units."""
