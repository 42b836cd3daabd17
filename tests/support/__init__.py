"""What tests start for real: databases, servers, a browser. No stand-ins for the product."""
