"""Label Studio's exports: tasks as JSON, a PNG for each region, brush masks as run lengths."""
