package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// operation is what one request asks for: a method and a path of the description, and
// the values of the path's parameters.
type operation struct {
	doc    *openapi3.T
	route  *routers.Route
	values map[string]string
}

func (o *operation) judgeRequest(r *http.Request, body []byte) []mismatch {
	var found []mismatch
	query := r.URL.Query()
	err := openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request:     r,
		PathParams:  o.values,
		QueryParams: query,
		Route:       o.route,
		Options:     &openapi3filter.Options{ExcludeRequestBody: true, MultiError: true, SkipSettingDefaults: true},
	})
	if err != nil {
		found = append(found, parameterMismatches(err)...)
	}
	for name := range query {
		if o.route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			found = append(found, mismatch{where: "query parameter " + name, reason: "not described"})
		}
	}
	described := o.route.Operation.RequestBody
	switch {
	case described == nil && len(body) > 0:
		found = append(found, mismatch{where: "request body", reason: "none is described"})
	case described == nil:
	case len(body) == 0 && described.Value.Required:
		found = append(found, mismatch{where: "request body", reason: "missing"})
	case len(body) > 0:
		found = append(found, judgeBody("request body", described.Value.Content, r.Header, body, openapi3.VisitAsRequest())...)
	}
	return found
}

func (o *operation) judgeAnswer(status int, header http.Header, body []byte) []mismatch {
	where := fmt.Sprintf("answer %d", status)
	if (status == http.StatusNoContent || status == http.StatusNotModified) && len(body) > 0 {
		return []mismatch{{where: where, reason: "has a body"}}
	}
	response := o.route.Operation.Responses.Status(status)
	name, usual := usualAnswers[status]
	switch {
	case response != nil && len(response.Value.Content) > 0:
		return judgeBody(where, response.Value.Content, header, body, openapi3.VisitAsResponse())
	case usual && name == "", response != nil && len(body) == 0:
		return nil
	case usual:
		content := openapi3.NewContentWithJSONSchemaRef(o.doc.Components.Schemas[name])
		return judgeBody(where, content, header, body, openapi3.VisitAsResponse())
	case response != nil:
		return []mismatch{{where: where, reason: "has a body, and none is described"}}
	default:
		return []mismatch{{where: where, reason: "this status is not described"}}
	}
}

// judgeBody judges a body by the schema that content has for its media type.
func judgeBody(where string, content openapi3.Content, header http.Header, body []byte, direction openapi3.SchemaValidationOption) []mismatch {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err == nil && slices.ContainsFunc(rawMedia, func(raw string) bool { return strings.HasPrefix(kind, raw) }) {
		return nil
	}
	media := content.Get(kind)
	if media == nil {
		return []mismatch{{where: where, reason: "content type is not described", value: header.Get("Content-Type")}}
	}
	v, err := decode(body)
	if err != nil {
		return []mismatch{{where: where, reason: "is no JSON: " + err.Error(), value: redact(string(body))}}
	}
	if media.Schema == nil {
		return nil
	}
	return judgeValue(where, media.Schema.Value, v, direction)
}

func decode(body []byte) (any, error) {
	var v any
	err := json.Unmarshal(body, &v)
	return v, err
}
