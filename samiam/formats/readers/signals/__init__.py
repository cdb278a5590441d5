"""Files whose arrays say what their axes are: of hyperspy, NeXus, and whatever RosettaSciIO reads."""
