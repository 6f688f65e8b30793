# One static binary and a directory for its data. Certificates and time zones are in the
# binary; for a GitHub Enterprise Server with certificates of its own, mount them and set
# SSL_CERT_FILE.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.release=$VERSION" -o /out/changewarden ./cmd/changewarden \
 && mkdir -m 0700 /out/data

FROM scratch
COPY --from=build /out/changewarden /changewarden
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
# 8080 is for GitHub and people; 9464 has the metrics: publish it to who scrapes them alone.
EXPOSE 8080 9464
ENV CHANGEWARDEN_LISTEN=0.0.0.0:8080 \
    CHANGEWARDEN_METRICS_LISTEN=0.0.0.0:9464 \
    CHANGEWARDEN_DATABASE_URL=sqlite:///data/changewarden.db
ENTRYPOINT ["/changewarden"]
CMD ["serve"]
