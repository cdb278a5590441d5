"""A labelled data set compiled of results and annotations, and what may be wrong with one."""
