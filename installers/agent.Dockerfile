# The agent where only a container is possible. Beside what "npm run build:agent" made:
#   docker build -f installers/agent.Dockerfile -t fairlead-agent agent/dist/release
# Any Debian or Ubuntu of the last five years will do: glibc 2.28 and libstdc++ are all that it needs.
ARG BASE=debian:trixie-slim
FROM ${BASE}
# x64 or arm64.
ARG PROCESSOR=x64
COPY fairlead-agent-linux-${PROCESSOR} /usr/local/bin/fairlead-agent
# Read by glibc before the program begins: one arena, and what is freed goes back to the system.
ENV FAIRLEAD_STATE_DIR=/var/lib/fairlead MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=65536
VOLUME /var/lib/fairlead
ENTRYPOINT ["/usr/local/bin/fairlead-agent"]
CMD ["run"]
