"""What particles of one or several images say together: sizes, shapes and faults, each with how sure it is."""
