"""What volunteers served, as the server works it out for who asks online, and the certificates of it."""
