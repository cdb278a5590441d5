"""The compact method: a small network looks at a micrograph once; masks, vectors and answers to clicks come of it."""
