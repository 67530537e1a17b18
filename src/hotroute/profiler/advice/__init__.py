"""What to do about it: advice in plain words, each with the numbers that it follows from."""

from hotroute.profiler.advice.advise import advise
from hotroute.profiler.advice.recommendation import Advice, Severity
from hotroute.profiler.advice.server import Serving

__all__ = ["Advice", "Serving", "Severity", "advise"]
