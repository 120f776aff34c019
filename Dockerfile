# syntax=docker/dockerfile:1
# The bases are arguments, so that a mirror or an own base can stand in: both of one architecture, x64 or arm64, and with glibc.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0

FROM ${SDK_IMAGE} AS build
WORKDIR /source
ENV CI=true DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

# What the restore reads, alone: this layer stays cached until a project or a lock file changes.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig BannedSymbols.txt ./
COPY src/Gateway/Gateway.csproj src/Gateway/packages.lock.json src/Gateway/
COPY src/Gateway.Oci/Gateway.Oci.csproj src/Gateway.Oci/packages.lock.json src/Gateway.Oci/
COPY src/Gateway.Containerd/Gateway.Containerd.csproj src/Gateway.Containerd/packages.lock.json src/Gateway.Containerd/
RUN dotnet restore src/Gateway --locked-mode --use-current-runtime -p:SelfContained=true

COPY protos protos
COPY src src
# With the runtime in it: it starts in a fifth less time. A newer runtime comes with a newer SDK_IMAGE.
RUN dotnet publish src/Gateway --configuration Release --no-restore --use-current-runtime --self-contained --output /app

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Gateway" \
      org.opencontainers.image.description="An authenticated REST API over containerd" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
COPY --from=build /app .

# The job store is the only thing that is written. 65532 is the usual "nonroot" id; the user needs no name.
RUN mkdir -p /var/lib/gateway && chown 65532:65532 /var/lib/gateway && chmod 0700 /var/lib/gateway
VOLUME /var/lib/gateway

# Not root, but containerd's socket belongs to root:root with mode 0660, so run this with the socket's
# group (docker run --group-add "$(stat -c %g /run/containerd/containerd.sock)"). Who may write to the
# socket is root on the host: the user id keeps faults of this program small, it is no boundary.
USER 65532:65532

# Loopback of the container's own network. To be reached from outside it needs TLS; see docs/configuration.md.
ENV ASPNETCORE_URLS=http://127.0.0.1:8080 \
    Management__Urls=http://127.0.0.1:9090
EXPOSE 8080 9090
ENTRYPOINT ["./Gateway"]
