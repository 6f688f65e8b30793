package contract

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Webhook reports by t.Errorf where body, a delivery of event (the X-GitHub-Event
// header), differs from what GitHub describes for it and its action. A delivery that
// GitHub does not describe is a mismatch too.
func Webhook(t testing.TB, event string, body []byte) {
	t.Helper()
	if found := judgeWebhook(webhookDescription(t), event, body); len(found) > 0 {
		t.Errorf("delivery of %s breaks GitHub's contract:%s", event, list(found))
	}
}

// Receiver returns h, which takes deliveries, behind a judge of what it is sent: the
// headers that GitHub sets, and the body as Webhook judges it. What is reported and
// when is as for Wrap.
func Receiver(t testing.TB, h http.Handler) http.Handler {
	t.Helper()
	description := webhookDescription(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("%s %s: read delivery: %v", r.Method, r.URL.Path, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		event := r.Header.Get("X-GitHub-Event")
		found := append(judgeHeader(r.Header), judgeWebhook(description, event, body)...)
		if len(found) > 0 {
			t.Errorf("delivery of %s breaks GitHub's contract:%s", event, list(found))
		}
		h.ServeHTTP(w, r)
	})
}

// judgeHeader looks for what every delivery to an app with a secret carries.
func judgeHeader(h http.Header) []mismatch {
	var found []mismatch
	for _, name := range []string{
		"X-GitHub-Event", "X-GitHub-Delivery", "X-GitHub-Hook-ID", "X-Hub-Signature-256",
		"X-GitHub-Hook-Installation-Target-Type", "X-GitHub-Hook-Installation-Target-ID",
	} {
		if h.Get(name) == "" {
			found = append(found, mismatch{where: "header " + name, reason: "missing"})
		}
	}
	if kind, _, err := mime.ParseMediaType(h.Get("Content-Type")); err != nil || kind != "application/json" {
		found = append(found, mismatch{where: "header Content-Type", reason: "not application/json", value: h.Get("Content-Type")})
	}
	if !strings.HasPrefix(h.Get("User-Agent"), "GitHub-Hookshot/") {
		found = append(found, mismatch{where: "header User-Agent", reason: "not GitHub-Hookshot/", value: h.Get("User-Agent")})
	}
	return found
}

func judgeWebhook(d *description, event string, body []byte) []mismatch {
	v, err := decode(body)
	if err != nil {
		return []mismatch{{where: "body", reason: "is no JSON: " + err.Error()}}
	}
	o, ok := v.(map[string]any)
	if !ok {
		return []mismatch{{where: "body", reason: "is no object", value: v}}
	}
	name := "event." + event
	if action, ok := o["action"].(string); ok {
		name += "-" + action
	}
	name = strings.ReplaceAll(name, "_", "-")
	schema := d.doc.Components.Schemas[name]
	if schema == nil {
		return []mismatch{{where: "body", reason: "there is no " + name + " in the description"}}
	}
	return judgeValue("body", schema.Value, v, openapi3.VisitAsResponse())
}
