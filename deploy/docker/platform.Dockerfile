# syntax=docker/dockerfile:1
# The Python processes of the platform: the product's wheel and its dependencies, and nothing to develop or build with.
#   docker build -f deploy/docker/platform.Dockerfile -t supportcarr .
#   docker run supportcarr api | realtime | worker | check
# For linux/amd64: the wheel of the embedded Valkey, a dependency, exists for no other Linux.
# Base images are named by tag. .github/dependabot.yml proposes newer tags; the workflow images.yml records the digest of each
# image that it builds, and deployments name that.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv --without-pip /opt/supportcarr
COPY requirements/product.txt requirements/build.txt requirements/
RUN python -m pip --python /opt/supportcarr/bin/python install --require-hashes --only-binary=:all: -r requirements/product.txt \
  && python -m pip install --require-hashes --only-binary=:all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
  && python -m pip --python /opt/supportcarr/bin/python install --no-deps --no-index /wheels/supportcarr-*.whl \
  && /opt/supportcarr/bin/supportcarr --version

FROM python:3.11-slim-bookworm
ARG REVISION=unknown
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="SupportCarr" \
      org.opencontainers.image.description="API, real-time and worker processes of the dispatch platform" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      io.supportcarr.image="platform"
# What the distribution has mended since its image was made. pip and setuptools of the base image are build tools.
RUN apt-get update --quiet && apt-get upgrade --yes --quiet && rm -rf /var/lib/apt/lists/* \
  && python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip \
  && install -d -o 10001 -g 10001 -m 700 /data
COPY --from=build /opt/supportcarr /opt/supportcarr
COPY deploy/docker/health.py /opt/supportcarr/health.py
ENV PATH=/opt/supportcarr/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    SUPPORTCARR_DATA=/data \
    SUPPORTCARR_METRICS_PORT=9100
# By number, so that Kubernetes can verify that it is not root. The root file system may be read-only: /data and /tmp are written.
USER 10001:10001
WORKDIR /data
EXPOSE 8000 8001 9100
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["python", "/opt/supportcarr/health.py", "readyz"]
ENTRYPOINT ["supportcarr"]
CMD ["--help"]
