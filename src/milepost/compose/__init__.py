"""The only builder of long-lived objects: one opener a capability."""
