"""The web process: routes, access and the page. Imports neither torch nor user code."""
