"""What to do next: the commands that a refusal or a warning names."""
