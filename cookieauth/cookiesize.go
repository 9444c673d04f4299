package cookieauth

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sealring/sealring/internal/cookie"
)

const (
	// largeCookies is how many bytes of cookies are noteworthy: common proxies and
	// servers answer 400 or 431 from 8 KiB on, and then it is too late to hear of it.
	largeCookies = 6 << 10
	// largeInterval is how often that is logged at most.
	largeInterval = time.Minute
)

// noteLarge tells of a request whose cookies, everybody's together, are about to
// become too large for proxies.
func (a *Authenticator) noteLarge(r *http.Request, header cookie.Header, size int) {
	if a.cfg.Events.LargeCookies != nil {
		a.cfg.Events.LargeCookies(r, size)
	}
	now := a.cfg.Now().UnixNano()
	last := a.largeLogged.Load()
	if isNear(last, now, largeInterval) || !a.largeLogged.CompareAndSwap(last, now) {
		return
	}
	a.cfg.Logger.LogAttrs(r.Context(), slog.LevelWarn, "the cookies of a request are large; proxies refuse requests with more than about 8 KiB",
		slog.Int("bytes", size), slog.String("largest", largest(header)))
}

// isNear reports whether something was at most so long ago, in nanoseconds and 0 for
// never, or is by as little still to come: clocks are moved back.
func isNear(last, now int64, within time.Duration) bool {
	return last != 0 && max(now-last, last-now) < int64(within)
}

// largest names the three largest cookies.
func largest(header cookie.Header) string {
	type sized struct {
		name string
		size int
	}
	var all []sized
	header.Each(func(piece string) {
		name, _, ok := strings.Cut(piece, "=")
		if !ok {
			name = "" // it is a value without a name, and values are nobody's business
		}
		all = append(all, sized{name[:min(len(name), 64)], len(piece)})
	})
	slices.SortStableFunc(all, func(a, b sized) int { return b.size - a.size })
	var text []string
	for _, c := range all[:min(len(all), 3)] {
		text = append(text, fmt.Sprintf("%s %d", c.name, c.size))
	}
	return strings.Join(text, ", ")
}
