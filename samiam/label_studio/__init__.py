"""Label Studio at work: a backend that answers its clicks, and tasks that go to it and come back."""
