"""The glue of Byhand: settings, routes, jobs, accounts. See docs/how-it-works."""
