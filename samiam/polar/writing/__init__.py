"""The points of a video as files: tables, pictures, a report; and what a run that was ended goes on from."""
