"""The providers that come with QuantLab; others are installed and found by their entry point."""
