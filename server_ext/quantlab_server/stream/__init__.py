"""What pages are told without asking: topics, who listens to them, and the rules of a connection."""
