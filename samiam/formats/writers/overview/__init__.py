"""The results of all images of a folder, together: two tables and a page."""
