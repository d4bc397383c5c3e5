"""Network products, a file a family, and what is shown with them. matrix.py lists all."""
