(
    """A simulated city: riders and drivers that use only the public API, for the demo and for load tests."""
    """A simulated city: riders and drivers that use only the public API, for the demo and for load tests."""
)

"""A simulated city: riders and drivers that use only the public API, for the demo and for load tests."""
