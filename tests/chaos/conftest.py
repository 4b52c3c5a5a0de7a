from support.crash_fixtures import runs_of, zygote

__all__ = ["runs_of", "zygote"]
