# docker build -t basegate .   (samples of how to run it: lib/runtime/samples/README.md)
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY deno.json mod.ts ./
COPY lib lib
COPY tests tests
RUN npm run build

FROM oven/bun:1-slim
WORKDIR /app
COPY --from=build /app/dist/bun.mjs /app/dist/postgres-engine.mjs /app/dist/reading-thread.mjs \
  /app/dist/redis-client.cjs ./
COPY --from=build /app/dist/console console
# The log and what budgets have spent outlive the container on this volume.
RUN mkdir /data && chown bun:bun /data
VOLUME /data
ENV HOST=0.0.0.0 PORT=8787 BASEGATE_DB=/data/basegate.db BUN_CONFIG_MAX_HTTP_REQUESTS=65535
USER bun
EXPOSE 8787
HEALTHCHECK --start-period=10s --interval=10s \
  CMD ["bun", "-e", "process.exit((await fetch(`http://127.0.0.1:${process.env.PORT}/livez`)).ok ? 0 : 1)"]
CMD ["bun", "bun.mjs"]
