from support.crash_fixtures import databases, engine, runs_of, zygote

__all__ = ["databases", "engine", "runs_of", "zygote"]
