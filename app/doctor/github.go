package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
)

// mostSkew is how far our clock may be from GitHub's: an app's token says when it was made.
const mostSkew = 30 * time.Second

// GitHub is the app as GitHub knows it.
type GitHub struct {
	Clients   *ghclient.Clients
	App       int64
	PublicURL string   // where this server is reached; empty: not told
	Required  []string // names of the check run and the commit status that branches have to require
	Most      int      // how many repositories are looked at
	Now       func() time.Time
}

// about is what GET /app answers.
type about struct {
	Slug        string
	Permissions map[string]string
	Events      []string
}

// Examine returns what there is to say, in the order of the checks. Without a key that GitHub
// accepts there is nothing else to see.
func (g GitHub) Examine(ctx context.Context) []Finding {
	app, err := get[about](ctx, g.Clients.App(), "app")
	clock := g.clock()
	if err != nil {
		return append([]Finding{g.noKey(err)}, clock...)
	}
	all := append([]Finding{{Check: Key, Level: OK, Text: fmt.Sprintf("GitHub accepts the key of app %d, %s", g.App, app.Slug)}}, clock...)
	all = append(all, permissions(app)...)
	all = append(all, events(app)...)
	all = append(all, g.webhook(ctx)...)
	all = append(all, g.deliveries(ctx))
	return append(all, g.installations(ctx)...)
}

func (g GitHub) noKey(err error) Finding {
	f := Finding{Check: Key, Level: Broken, Text: fmt.Sprintf("GitHub was not reached: %v", err), Advice: "Let this machine reach GitHub's API, or mend CHANGEWARDEN_GITHUB_URL and CHANGEWARDEN_GITHUB_API_URL."}
	switch ghclient.Diagnose(err, g.Now()).Kind {
	case ghclient.Denied:
		f.Text = fmt.Sprintf("GitHub does not accept this key for app %d", g.App)
		f.Advice = "Generate a private key on the app's settings page and give it as CHANGEWARDEN_PRIVATE_KEY_FILE, or mend CHANGEWARDEN_APP_ID. If the clock is reported too, set that right first."
	case ghclient.Gone:
		f.Text = fmt.Sprintf("GitHub knows no app %d", g.App)
		f.Advice = "Take CHANGEWARDEN_APP_ID from the app's settings page, and see that CHANGEWARDEN_GITHUB_URL names the GitHub on which it is registered."
	case ghclient.None, ghclient.Transient, ghclient.Limited, ghclient.Invalid:
	}
	return f
}

func (g GitHub) clock() []Finding {
	ahead, measured := g.Clients.Skew()
	switch {
	case !measured:
		return nil // GitHub was not reached
	case ahead.Abs() > mostSkew:
		return []Finding{{Check: Clock, Level: Warning, Text: fmt.Sprintf("GitHub's clock is %s ahead of this machine's", ahead), Advice: "Let this machine keep its time by NTP: times in the record are by its clock, and GitHub refuses tokens that seem too old or too new."}}
	}
	return []Finding{{Check: Clock, Level: OK, Text: "this machine's clock agrees with GitHub's"}}
}

func permissions(app about) []Finding {
	var all []Finding
	if lacks := lacking(app.Permissions); len(lacks) > 0 {
		all = append(all, Finding{Check: Permissions, Level: Broken, Text: "the app lacks " + strings.Join(lacks, ", "), Advice: "Grant them on the app's settings page under Permissions & events; each account's owner then has to accept."})
	}
	if more := excess(app.Permissions); len(more) > 0 {
		all = append(all, Finding{Check: Permissions, Level: Warning, Text: "the app holds more than it needs: " + strings.Join(more, ", "), Advice: "Take them back on the app's settings page under Permissions & events: who gets hold of the key has them too."})
	}
	if all == nil {
		all = []Finding{{Check: Permissions, Level: OK, Text: "the app has the permissions that it needs and no others"}}
	}
	return all
}

func events(app about) []Finding {
	var lacks []string
	for _, e := range NeededEvents {
		if !slices.Contains(app.Events, e) {
			lacks = append(lacks, EventName(e))
		}
	}
	if len(lacks) > 0 {
		return []Finding{{Check: Events, Level: Broken, Text: "the app does not hear of " + strings.Join(lacks, ", "), Advice: "Subscribe to them on the app's settings page under Permissions & events: until then changes are judged late, by the sweeps alone."}}
	}
	return []Finding{{Check: Events, Level: OK, Text: "the app hears of all that it needs"}}
}

// webhook looks at where GitHub sends deliveries, and how.
func (g GitHub) webhook(ctx context.Context) []Finding {
	hook, err := get[struct {
		URL         string
		ContentType string `json:"content_type"`
		InsecureSSL any    `json:"insecure_ssl"` // text or number
		Secret      string
	}](ctx, g.Clients.App(), "app/hook/config")
	if err != nil {
		return []Finding{unseen(Webhook, "", "the app's webhook settings", err)}
	}
	var all []Finding
	broken := func(text, advice string) {
		all = append(all, Finding{Check: Webhook, Level: Broken, Text: text, Advice: advice})
	}
	const where = " on the app's settings page under General, Webhook."
	if hook.URL == "" {
		broken("the app has no webhook URL", "Set it to https://YOUR-HOST/webhook"+where)
		return all
	}
	if hook.Secret == "" {
		broken("the webhook has no secret: deliveries are not signed, and refused", "Set a long random secret"+where+" Give the same as CHANGEWARDEN_WEBHOOK_SECRET_FILE.")
	}
	if hook.ContentType != "json" {
		broken("the webhook's content type is "+hook.ContentType+": deliveries are refused", "Choose application/json"+where)
	}
	if ssl := fmt.Sprint(hook.InsecureSSL); ssl == "1" {
		broken("the webhook does not verify certificates: whoever is in between can read deliveries", "Enable SSL verification"+where)
	}
	if want := strings.TrimSuffix(g.PublicURL, "/") + "/webhook"; g.PublicURL != "" && hook.URL != want {
		all = append(all, Finding{Check: Webhook, Level: Warning, Text: "GitHub sends deliveries to " + hook.URL + ", not to " + want, Advice: "Set the Webhook URL to that" + where + " Or mend CHANGEWARDEN_PUBLIC_URL."})
	}
	if all == nil {
		all = []Finding{{Check: Webhook, Level: OK, Text: "deliveries go, signed, to " + hook.URL}}
	}
	return all
}

// attempt is one line of GitHub's list of deliveries.
type attempt struct {
	At     time.Time `json:"delivered_at"`
	Event  string
	Status string
	Code   int `json:"status_code"` // 0: no answer
}

func (a attempt) failed() bool { return a.Code < 200 || a.Code >= 300 }

// deliveries looks at the newest page of what GitHub could hand over and what not.
func (g GitHub) deliveries(ctx context.Context) Finding {
	list, err := get[[]attempt](ctx, g.Clients.App(), "app/hook/deliveries?per_page=100")
	if err != nil {
		return unseen(Deliveries, "", "GitHub's list of deliveries", err)
	}
	if len(list) == 0 {
		return Finding{Check: Deliveries, Level: Warning, Text: "GitHub has made no delivery in the last days", Advice: "Install the app on an organisation, or push something there, and look again."}
	}
	counts := map[int]int{}
	var last attempt
	failed := 0
	for _, a := range slices.Backward(list) {
		if a.failed() {
			counts[a.Code]++
			failed++
			last = a
		}
	}
	if failed == 0 {
		return Finding{Check: Deliveries, Level: OK, Text: fmt.Sprintf("the last %d deliveries arrived", len(list))}
	}
	f := Finding{Check: Deliveries, Level: Warning, Advice: adviceFor(last.Code)}
	if list[0].failed() {
		f.Level = Broken
	}
	f.Text = fmt.Sprintf("%d of the last %d deliveries failed, the last of them at %s (%s): %s", failed, len(list), last.At.UTC().Format(time.RFC3339), last.Event, last.Status)
	return f
}

// adviceFor says what to do about deliveries that were answered with a status; 0: not at all.
func adviceFor(status int) string {
	const again = " What was missed is fetched by the server itself."
	switch {
	case status == 0:
		return "Let GitHub reach the webhook URL: name, port, firewall, certificate." + again
	case status == http.StatusUnauthorized:
		return "Make the webhook secret on the app's settings page one of those in CHANGEWARDEN_WEBHOOK_SECRET_FILE." + again
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return "See that the webhook URL ends in /webhook and that the proxy in front passes that path on." + again
	case status >= 500:
		return "Look into the log of the server, and of the proxy in front of it, at that time." + again
	}
	return "Look at the answer under Advanced on the app's settings page: it says what was refused." + again
}

func unseen(check, subject, what string, err error) Finding {
	return Finding{Check: check, Level: Unseen, Subject: subject, Text: fmt.Sprintf("%s cannot be seen: %v", what, err), Advice: "Look at it on GitHub yourself, or run this again when GitHub answers."}
}

// get asks GitHub one question.
func get[T any](ctx context.Context, c *ghclient.Client, path string) (T, error) {
	var answer T
	req, err := c.NewRequest(http.MethodGet, path, nil)
	if err == nil {
		_, err = c.Do(ctx, req, &answer)
	}
	return answer, err
}
