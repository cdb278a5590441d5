"""What in an image is not the specimen: frames, data bars, scale bars, dead lines, outlying pixels and uneven light.

A finder answers only what is plain: it would rather leave an artefact in than take a part of the specimen out.
"""
