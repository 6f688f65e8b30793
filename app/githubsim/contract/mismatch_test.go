package contract

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

func TestJudgeValue(t *testing.T) {
	schemas := `{
		"person": {"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"name":{"type":"string"}}},
		"team": {"type":"object","required":["slug"],"properties":{"slug":{"type":"string"},"parent":{"$ref":"#/components/schemas/team"}}},
		"either": {"oneOf":[{"$ref":"#/components/schemas/person"},{"$ref":"#/components/schemas/team"}]},
		"any": {"anyOf":[{"$ref":"#/components/schemas/person"},{"$ref":"#/components/schemas/team"}]},
		"both": {"allOf":[{"$ref":"#/components/schemas/person"},{"type":"object","required":["admin"],"properties":{"admin":{"type":"boolean"}}}]},
		"maybe": {"allOf":[{"$ref":"#/components/schemas/person"}],"nullable":true},
		"free": {"type":"object"},
		"map": {"type":"object","additionalProperties":{"$ref":"#/components/schemas/person"}},
		"open": {"type":"object","properties":{"id":{"type":"integer"}},"additionalProperties":true},
		"installation": {"type":"object","properties":{"app":{"type":"object","properties":{"permissions":{"type":"object","properties":{"checks":{"type":"string"}}}}}}},
		"time": {"type":"string","format":"date-time"}
	}`
	doc, err := openapi3.NewLoader().LoadFromData([]byte(
		`{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{},"components":{"schemas":` + schemas + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		schema, value string
		want          []string
	}{
		{"person", `{"id":1,"name":"ann"}`, nil},
		{"person", `{"name":1}`, []string{`body at /name: value must be a string, in 1`, `body at /id: property "id" is missing, in {"name":1}`}},
		{"person", `{"id":1,"login":"ann"}`, []string{"body at /login: not described"}},
		{"either", `{"slug":"a","parent":{"slug":"b"}}`, nil},
		{"either", `{"slug":"a","parent":{"slug":2}}`, []string{"body at /parent/slug: value must be a string, in 2"}},
		{"either", `{"slug":"a","parent":{"slug":"b","x":1}}`, []string{"body at /parent/x: not described"}},
		{"any", `{"id":"1"}`, []string{`body at /id: value must be an integer, in "1"`}},
		{"both", `{"id":1,"admin":true}`, nil},
		{"both", `{"id":1,"admin":true,"x":1}`, []string{"body at /x: not described"}},
		{"both", `{"name":"ann"}`, []string{
			`body at /id: property "id" is missing, in {"name":"ann"}`,
			`body at /admin: property "admin" is missing, in {"name":"ann"}`,
		}},
		{"maybe", `null`, nil},
		{"maybe", `{"id":null}`, []string{"body at /id: Value is not nullable"}},
		{"free", `{"whatever":{"x":1}}`, nil},
		{"map", `{"ann":{"id":1},"bob":{"id":2,"x":1}}`, []string{"body at /bob/x: not described"}},
		{"open", `{"id":1,"x":2}`, []string{"body at /x: not described"}},
		{"installation", `{"app":{"permissions":{"checks":"read","merge_queues":"read"}}}`, nil},
		{"installation", `{"app":{"permissions":{"checks":"read","merge_queues":true}}}`, []string{"body at /app/permissions/merge_queues: not described"}},
		{"time", `"2030-01-01T00:00:00Z"`, nil},
		{"time", `"1893456000"`, []string{`body: string doesn't match the format "date-time"`}},
	}
	for _, tt := range tests {
		t.Run(tt.schema+" "+tt.value, func(t *testing.T) {
			v, err := decode([]byte(tt.value))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range judgeValue("body", doc.Components.Schemas[tt.schema].Value, v, openapi3.VisitAsResponse()) {
				said, _, _ := strings.Cut(m.String(), " (string doesn't match pattern") // a page of expression
				got = append(got, said)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestExcerpt(t *testing.T) {
	tests := []struct {
		name, pointer string
		value         any
		want          string
	}{
		{"plain", "/a", map[string]any{"title": "t"}, `{"title":"t"}`},
		{"secret field", "/token", "anything", "[redacted]"},
		{"secret below", "/a", map[string]any{"token": `a"b`, "pem": "x", "x": 1}, `{"pem":"[redacted]","token":"[redacted]","x":1}`},
		{"installation token", "/a", "token ghs_16C7e42F292c6912E7710c838347Ae178B4a", `"token [redacted]"`},
		{"newer installation token", "/a", "ghs_12_eyJhbGciOi.eyJpc3Mi.x-y_z", `"[redacted]"`},
		{"app's token", "/a", "Bearer eyJhbGciOi.eyJpc3Mi.x-y_z", `"Bearer [redacted]"`},
		{"key", "/a", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", `"[redacted]"`},
		{"broken body", "", redact(`{"token": "abc`), `"{\"token\": \"[redacted]"`},
		{"long", "/a", strings.Repeat("é", 400), `"` + strings.Repeat("é", maxExcerpt-1) + "…"},
		{"token at the cut", "/a", strings.Repeat("a", maxExcerpt-5) + " ghs_16C7e42F", `"` + strings.Repeat("a", maxExcerpt-5) + " [re…"},
		{"url", "/a", redact("/app-manifests/1a2b/conversions?code=3c&state=s&access_token=4d"), `"/app-manifests/[redacted]/conversions?code=[redacted]\u0026state=s\u0026access_token=[redacted]"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := excerpt(tt.pointer, tt.value); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
