# syntax=docker/dockerfile:1
# The edge: nginx with the built web apps, as an ordinary user.
#   docker build -f deploy/docker/edge.Dockerfile -t supportcarr-edge .
# deploy/nginx/edge.conf.template says what the variables mean. A file with the pages' headers must be mounted at
# EDGE_PAGE_HEADERS (`supportcarr page-headers > page-headers.conf`), and the certificate at EDGE_CERTIFICATE and EDGE_KEY:
# without them it does not start.

FROM node:24-bookworm-slim AS apps
WORKDIR /web
COPY web ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
  && npm run build --silent \
  && rm -rf apps/gallery \
  && for app in apps/*; do mkdir -p "/built/${app#apps/}" && cp -R "$app/dist/." "/built/${app#apps/}/"; done

FROM nginx:1.28-alpine
ARG REVISION=unknown
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="SupportCarr edge" \
      org.opencontainers.image.description="nginx with the web apps, before the API and the real-time processes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      io.supportcarr.image="edge"
# What the distribution has mended since its image was made.
RUN apk upgrade --no-cache \
  && rm -rf /etc/nginx/conf.d/* /usr/share/nginx/html/*
COPY deploy/nginx/edge.conf.template /etc/nginx/templates/edge.conf.template
COPY deploy/docker/renew-certificates.sh /docker-entrypoint.d/50-renew-certificates.sh
COPY --from=apps /built /usr/share/supportcarr/web
# The image's entry point fills the template in. EDGE_LOG is the container's standard output.
ENV NGINX_ENVSUBST_OUTPUT_DIR=/tmp \
    NGINX_ENVSUBST_FILTER=^EDGE_ \
    EDGE_HOST=localhost \
    EDGE_LISTEN=8443 \
    EDGE_LISTEN_PLAIN=8080 \
    EDGE_LISTEN_HEALTH=8081 \
    EDGE_CERTIFICATE=/etc/supportcarr/tls/tls.crt \
    EDGE_KEY=/etc/supportcarr/tls/tls.key \
    EDGE_API_SERVERS="server api:8000;" \
    EDGE_REALTIME_SERVERS="server realtime:8001;" \
    EDGE_UPSTREAM_SCHEME=https \
    EDGE_UPSTREAM_CA=/etc/ssl/certs/ca-certificates.crt \
    EDGE_UPSTREAM_NAME=api \
    EDGE_REAL_IP="" \
    EDGE_WEB=/usr/share/supportcarr/web \
    EDGE_PAGE_HEADERS=/etc/supportcarr/pages/page-headers.conf \
    EDGE_RUN=/tmp \
    EDGE_LOG=/dev/stdout \
    EDGE_ERROR_LOG=/dev/stderr
USER 101:101
EXPOSE 8443 8080 8081
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8081/healthz"]
CMD ["nginx", "-c", "/tmp/edge.conf", "-g", "daemon off;"]
