"""Where everything is tied together: settings, wiring, servers, worker, command line."""
