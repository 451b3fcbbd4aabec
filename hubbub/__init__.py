"""The command line of the workbench: one module a sub-command, cli.py in front."""
