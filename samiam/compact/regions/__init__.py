"""The regions of an image: its textures, what they are made of, how good each is, and what that is learnt from."""
