#!/usr/bin/env bash
# litestar 2.25.0 with msgspec 0.22.0
#
# Input: ProblemDetailsPlugin enabled for all HTTP errors; a wrong value, a missing value and an unknown path.
# Expected: RFC 9457: "title" is a short summary of the kind of problem that does not change from one to the next,
#   "detail" explains this one.
# Seen: they are exchanged. The title is the sentence about this request, its query included, and the detail is the
#   status's name. An unknown path has the same words in both.
# What follows: clients that group errors by title get a group for each request. Build problem documents in your own
#   exception handler.
. "$(dirname "$0")/support/common.sh"
python_with litestar==2.25.0 msgspec==0.22.0 httpx==0.28.1

seen=$(python - <<'PY'
from litestar import Litestar, get
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsPlugin
from litestar.testing import TestClient


@get("/area")
async def area(radius: int) -> int:
    return radius


plugin = ProblemDetailsPlugin(ProblemDetailsConfig(enable_for_all_http_exceptions=True))
with TestClient(Litestar([area], plugins=[plugin], logging_config=None)) as client:
    for url in ("/area?radius=far", "/area", "/nowhere"):
        problem = client.get(url).json()
        print(f"{url}: title: {problem['title']}; detail: {problem['detail']}")
PY
)

unchanged "$seen" <<'END'
/area?radius=far: title: Validation failed for GET /area?radius=far; detail: Bad Request
/area: title: Missing required query parameter 'radius' for path /area; detail: Bad Request
/nowhere: title: Not Found; detail: Not Found
END
