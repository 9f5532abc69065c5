"""What is agreed with customers and what they order."""
