# syntax=docker/dockerfile:1
# For development alone: the platform with its development tools, that is the simulated city and the emulators of Stripe and
# Twilio. Nothing in it is safe to show to anybody. The chart refuses its name outside development.
#   docker build -f deploy/docker/development.Dockerfile -t supportcarr-development .

FROM node:24-bookworm-slim AS apps
WORKDIR /web
COPY web ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run build --silent

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/supportcarr
RUN python -m venv --without-pip /opt/supportcarr
COPY requirements/runtime.txt requirements/
RUN python -m pip --python /opt/supportcarr/bin/python install --require-hashes --only-binary=:all: -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY lab lab
# In place, because the processes find the apps beside the source.
RUN python -m pip --python /opt/supportcarr/bin/python install --no-deps --no-build-isolation -e . -e lab

FROM python:3.11-slim-bookworm
ARG REVISION=unknown
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="SupportCarr, for development" \
      org.opencontainers.image.description="The platform with a simulated city and emulators; never for production" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      io.supportcarr.image="development"
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip \
  && install -d -o 10001 -g 10001 -m 700 /data
COPY --from=build /opt/supportcarr /opt/supportcarr
COPY --from=build /srv/supportcarr /srv/supportcarr
COPY --from=apps /web/apps /srv/supportcarr/web/apps
COPY deploy/docker/health.py /opt/supportcarr/health.py
ENV PATH=/opt/supportcarr/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    SUPPORTCARR_DATA=/data \
    SUPPORTCARR_METRICS_PORT=9100
USER 10001:10001
WORKDIR /data
EXPOSE 8000 8001 8002 9100
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=5 CMD ["python", "/opt/supportcarr/health.py", "readyz"]
ENTRYPOINT ["supportcarr"]
CMD ["demo", "--data", "/data", "--port", "8000"]
