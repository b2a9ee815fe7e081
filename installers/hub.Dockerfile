# The hub with its console, its PostgreSQL and the agents that it serves. From the root of a clone:
#   docker build -f installers/hub.Dockerfile -t fairlead-hub .
ARG BUILDER=node:24-trixie
ARG BASE=debian:trixie-slim
# What is run: built here, or an image that has it in /srv, as this stage leaves it (then nothing is built, nor fetched for it).
ARG TREE=build

FROM ${BUILDER} AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils binutils-aarch64-linux-gnu xz-utils
WORKDIR /srv/fairlead
COPY . .
RUN npm run build && npm run build:agent && rm -rf agent/dist/bases .git
# What builds and tests goes; the Node that the lock file pins stays.
RUN rm -rf node_modules */node_modules && npx -y pnpm@10.34.9 install --prod --frozen-lockfile && ln -s /srv/fairlead/node_modules/node-linux-*/bin/node /srv/node

FROM ${TREE} AS tree

FROM ${BASE}
COPY --from=tree /srv /srv
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin fairlead && install -d -o fairlead -g fairlead -m 700 /var/lib/fairlead-hub
USER fairlead
WORKDIR /srv/fairlead
# What was given back goes back to the machine (docs/decisions/0045-memory-that-goes-back.md).
ENV FAIRLEAD_DATA_DIR=/var/lib/fairlead-hub MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=524288
VOLUME /var/lib/fairlead-hub
EXPOSE 8443
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/srv/node", "-e", "fetch('http://localhost:8080/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/srv/node", "--max-semi-space-size=16", "hub/src/main.ts"]
