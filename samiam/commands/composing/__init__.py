"""evaluate.py and train.py: settings composed by Hydra, looked at before anything is built, and the work begun."""
