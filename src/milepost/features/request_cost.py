"""What a request counts against its caller's limit, for routes that cost more than others."""

REQUEST_COST = "request_cost"
"""The option of a route that says how many requests one of its requests counts as."""
