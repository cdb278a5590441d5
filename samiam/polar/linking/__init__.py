"""Points of the frames of a video, linked to tracks; what begins and ends tracks."""
