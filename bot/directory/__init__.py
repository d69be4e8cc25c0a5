"""The service directory: organisations, services, places, hours."""
