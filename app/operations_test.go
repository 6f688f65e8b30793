package app

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v4"
)

// shown returns what the metrics of a server are called and which labels they have.
func shown(t *testing.T, w *world) map[string][]string {
	t.Helper()
	form := regexp.MustCompile(`^Desc\{fqName: "([^"]+)", .*constLabels: \{(.*?)\}, variableLabels: \{(.*?)\}`)
	label := regexp.MustCompile(`(\w+)(?:=|,|$)`)
	descs := make(chan *prometheus.Desc)
	go func() {
		w.app.metrics.registry.Describe(descs)
		close(descs)
	}()
	all := map[string][]string{}
	for d := range descs {
		m := form.FindStringSubmatch(d.String())
		if m == nil {
			t.Errorf("metric without a name: %s", d)
			continue
		}
		all[m[1]] = []string{}
		for _, l := range label.FindAllStringSubmatch(m[2]+","+m[3], -1) {
			all[m[1]] = append(all[m[1]], l[1])
		}
	}
	return all
}

// holds wants an expression of Prometheus to parse, and to be about metrics and labels that are.
func holds(t *testing.T, where, expr string, all map[string][]string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(strings.ReplaceAll(expr, "$__rate_interval", "5m"))
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		s, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		has, known := all[s.Name]
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			if base, ok := strings.CutSuffix(s.Name, suffix); ok && !known {
				has, known = all[base]
			}
		}
		if !known && !strings.HasPrefix(s.Name, "process_") {
			t.Errorf("%s: there is no metric %s", where, s.Name)
		}
		for _, m := range s.LabelMatchers {
			if m.Name != model.MetricNameLabel && !slices.Contains(has, m.Name) {
				t.Errorf("%s: %s has no label %s", where, s.Name, m.Name)
			}
		}
		return nil
	})
}

// forOr0 is a duration that may be missing.
func forOr0(d string) string {
	if d == "" {
		return "0s"
	}
	return d
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The alerts are rules that Prometheus takes, about metrics that there are, and each has its
// section in the documentation: as does no other.
func TestAlerts(t *testing.T) {
	all := shown(t, watch(t))
	text := read(t, "operations/alerts.yml")
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr         string
				For                 string
				Labels, Annotations map[string]string
			}
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	var alerts []string
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			alerts = append(alerts, r.Alert)
			holds(t, r.Alert, r.Expr, all)
			if _, err := model.ParseDuration(forOr0(r.For)); err != nil || g.Name == "" {
				t.Errorf("%s: for %q in group %q: %v", r.Alert, r.For, g.Name, err)
			}
			if r.Annotations["summary"] == "" || !slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) {
				t.Errorf("%s: want a summary and a severity of page or ticket", r.Alert)
			}
			if want := "docs/operations.md#" + strings.ToLower(r.Alert); r.Annotations["runbook"] != want {
				t.Errorf("%s: runbook %q, want %q", r.Alert, r.Annotations["runbook"], want)
			}
		}
	}
	var told []string
	for _, m := range regexp.MustCompile(`(?m)^### (Changewarden\w+)\n[A-Z\x60]`).FindAllStringSubmatch(read(t, "operations.md"), -1) {
		told = append(told, m[1])
	}
	if diff := cmp.Diff(alerts, told); diff != "" {
		t.Errorf("alerts (-rules +docs/operations.md):\n%s", diff)
	}
}

// The dashboard asks for metrics that there are, and its panels lie beside each other.
func TestDashboard(t *testing.T) {
	all := shown(t, watch(t))
	var board struct {
		UID    string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "operations/dashboard.json")), &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	taken := map[[2]int]string{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("panel %d %q: want an id of its own, a title, and something to show", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panel %q lies on %q or over the edge", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		for _, target := range p.Targets {
			holds(t, p.Title, target.Expr, all)
		}
	}
}

// The documentation has each metric with its labels, and no other.
func TestMetricsAreDocumented(t *testing.T) {
	want := map[string][]string{}
	for name, has := range shown(t, watch(t)) {
		if strings.HasPrefix(name, "changewarden_") {
			slices.Sort(has)
			want[name] = has
		}
	}
	told := map[string][]string{}
	quoted := regexp.MustCompile("`(\\w+)`")
	for _, row := range regexp.MustCompile(`(?m)^\| (\x60changewarden_[^|]+) \|([^|]*)\|`).FindAllStringSubmatch(read(t, "operations.md"), -1) {
		has := []string{}
		for _, l := range quoted.FindAllStringSubmatch(row[2], -1) {
			has = append(has, l[1])
		}
		slices.Sort(has)
		for _, name := range quoted.FindAllStringSubmatch(row[1], -1) {
			told[name[1]] = has
		}
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("metrics (-of the server +in docs/operations.md):\n%s", diff)
	}
}
