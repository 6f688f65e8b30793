package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// traceFlush is for how long the last spans may take to leave when the server stops.
const traceFlush = 5 * time.Second

// tracing returns what makes spans if OpenTelemetry's own variables name a collector, nil if
// they do not; stop sends the last ones. All else that the variables say is theirs too:
// headers, sampling, names.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
func tracing(ctx context.Context) (_ trace.TracerProvider, stop func(), err error) {
	stop = func() {}
	named := os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	if !named || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, stop, nil
	}
	log := zerolog.Ctx(ctx)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn().Err(err).Msg("traces not sent") }))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, stop, fmt.Errorf("make the exporter of traces: %w", err)
	}
	name := resource.NewSchemaless(attribute.String("service.name", "changewarden"), attribute.String("service.version", version()))
	about, err := resource.Merge(name, resource.Environment())
	if err != nil {
		return nil, stop, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	log.Info().Msg("traces are sent to the collector of OTEL_EXPORTER_OTLP_ENDPOINT")
	return p, func() {
		flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceFlush)
		defer cancel()
		if err := p.Shutdown(flush); err != nil {
			log.Warn().Err(err).Msg("the last traces not sent")
		}
	}, nil
}
