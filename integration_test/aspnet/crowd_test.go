package aspnet_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A crowd visits a fleet through its proxy, everybody at once.
type crowd struct {
	*testing.T
	front                   string
	guests                  []*guest
	requests, logins, forms atomic.Int64

	mu       sync.Mutex
	accepted map[[2]string]int // accepted, by who rendered and who accepted
}

// A guest is one browser of the crowd.
type guest struct {
	*crowd
	name   string
	client *http.Client
}

func newCrowd(t *testing.T, front string) *crowd {
	c := &crowd{T: t, front: front, accepted: map[[2]string]int{}}
	for i := range 8 {
		jar, _ := cookiejar.New(nil) // cannot fail without options
		c.guests = append(c.guests, &guest{c, fmt.Sprint("guest", i), &http.Client{Jar: jar, Timeout: time.Minute, Transport: new(http.Transport)}})
	}
	return c
}

// What guests do in one turn. Each returns what went wrong.
var (
	loginOnly = (*guest).isLoggedIn
	formsToo  = func(g *guest) error {
		if err := g.isLoggedIn(); err != nil {
			return err
		}
		return g.postsForm()
	}
)

// during has the guests take turns while something happens, until there were so many
// requests at least.
func (c *crowd) during(what string, requests int64, turn func(*guest) error, happens func()) {
	c.Helper()
	before, begin := c.requests.Load(), time.Now()
	over := make(chan struct{})
	var guests sync.WaitGroup
	for _, g := range c.guests {
		guests.Go(func() {
			for enough := false; !enough || !isOver(over); enough = c.requests.Load() >= before+requests {
				if enough {
					time.Sleep(10 * time.Millisecond) // leave the machine to those who start
				}
				if err := turn(g); err != nil {
					c.Errorf("%s: %s: %v", what, g.name, err)
					return
				}
			}
		})
	}
	defer func() {
		close(over)
		guests.Wait()
		c.Logf("%s: %d requests in %v", what, c.requests.Load()-before, time.Since(begin).Round(time.Millisecond))
	}()
	happens()
}

func isOver(over <-chan struct{}) bool {
	select {
	case <-over:
		return true
	default:
		return false
	}
}

// signIn has guests log in, by way of whoever is next.
func (c *crowd) signIn(guests ...*guest) {
	c.Helper()
	for _, g := range guests {
		g.signIn(c.front)
	}
}

func (g *guest) signIn(site string) {
	g.Helper()
	if _, _, err := g.send("GET", site+"/signin?name="+g.name, nil); err != nil {
		g.Fatal(err)
	}
}

// isLoggedIn asks who the guest is.
func (g *guest) isLoggedIn() error {
	body, by, err := g.send("GET", g.front+"/whoami", nil)
	if err == nil && body != g.name {
		err = fmt.Errorf("%s takes the guest for %q", by, body)
	}
	if err == nil {
		g.logins.Add(1)
	}
	return err
}

// postsForm has one member make a token and another accept it.
func (g *guest) postsForm() error {
	token, renders, err := g.send("GET", g.front+"/token", nil)
	if err != nil {
		return err
	}
	verdict, accepts, err := g.send("POST", g.front+"/check", url.Values{"__RequestVerificationToken": {token}})
	if err == nil && verdict != "valid" {
		err = fmt.Errorf("%s says %q to a form of %s", accepts, verdict, renders)
	}
	if err == nil {
		g.logins.Add(2) // the token is bound to the user
		g.forms.Add(1)
		g.mu.Lock()
		g.accepted[[2]string{renders, accepts}]++
		g.mu.Unlock()
	}
	return err
}

// send returns the body of an answer, and who gave it.
func (g *guest) send(method, address string, form url.Values) (body, by string, err error) {
	r, err := http.NewRequestWithContext(g.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", "", err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	g.requests.Add(1)
	answer, err := g.client.Do(r)
	if err != nil {
		return "", "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, address, answer.StatusCode, text)
	}
	return string(text), answer.Header.Get("X-Member"), err
}

// cookie is the guest's login.
func (g *guest) cookie() *http.Cookie {
	g.Helper()
	site, err := url.Parse(g.front)
	if err != nil {
		g.Fatal(err)
	}
	for _, c := range g.client.Jar.Cookies(site) {
		if c.Name == ".AspNetCore.Cookies" {
			return c
		}
	}
	g.Fatalf("%s has no login", g.name)
	return nil
}

// pairs is how many forms were accepted, by who rendered and who accepted.
func (c *crowd) pairs() string {
	text := ""
	for _, pair := range slices.SortedFunc(maps.Keys(c.accepted), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		text += fmt.Sprintf("  %s to %s: %d\n", pair[0], pair[1], c.accepted[pair])
	}
	return text
}
