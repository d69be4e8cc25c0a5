"""Personal data: encrypt, expire, forget."""
