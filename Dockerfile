# One image for every service: the command says which (`aerosports serve <service>`).
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package aerosports \
    && cp target/release/aerosports /usr/local/bin/aerosports

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/aerosports --create-home aerosports
COPY --from=build /usr/local/bin/aerosports /usr/local/bin/aerosports
USER aerosports
WORKDIR /var/lib/aerosports
EXPOSE 8080
ENTRYPOINT ["aerosports"]
CMD ["up", "--listen", "0.0.0.0:8080", "--data-dir", "/var/lib/aerosports"]
