"""Rows of a comparison as tables, charts and one page that explains them."""
