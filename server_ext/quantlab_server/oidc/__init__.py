"""Log-in at OpenID Connect providers."""
