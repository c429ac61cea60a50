"""The command: arguments, environment and a settings file become `Settings`, a run, and an exit code."""
