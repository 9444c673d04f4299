package antiforgery

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/sealring/sealring/internal/grammar"
	"github.com/sealring/sealring/internal/journey"
)

// forbidCaching keeps a response out of caches, unless its header does so already:
// with a token in it, it is for one visitor only. It reports whether it has
// overruled somebody.
func forbidCaching(h http.Header) (overruled bool) {
	values := []string{"no-cache, no-store", "no-cache"} // one allocation for both
	if said := h["Cache-Control"]; !forbidsStoring(said) {
		h["Cache-Control"], overruled = values[:1:1], len(said) > 0
	}
	if pragma := h["Pragma"]; len(pragma) == 0 || !strings.EqualFold(pragma[0], "no-cache") {
		h["Pragma"], overruled = values[1:], overruled || len(pragma) > 0
	}
	return overruled
}

// warnOfCaching says once that a page is not kept as its handler wants it.
func (p *Protection) warnOfCaching(r *http.Request) {
	p.overruled.Do(func() {
		p.cfg.Logger.LogAttrs(r.Context(), slog.LevelWarn, "Cache-Control and Pragma are replaced where a page has a token in it, which makes it one for a single visitor",
			slog.String("method", journey.Logged(r.Method)), slog.String("path", journey.LoggedPath(r)))
	})
}

// forbidsStoring reports whether the directives, all of them well-formed, have
// both no-cache and no-store among them.
func forbidsStoring(lines []string) bool {
	noCache, noStore := false, false
	for _, line := range lines {
		for line != "" {
			var directive string
			directive, line = cutDirective(line)
			name, value, hasValue := strings.Cut(directive, "=")
			if directive != "" && (!grammar.IsToken(name) || hasValue && !grammar.IsToken(value) && !isQuoted(value)) {
				return false
			}
			noCache = noCache || strings.EqualFold(name, "no-cache")
			noStore = noStore || strings.EqualFold(name, "no-store")
		}
	}
	return noCache && noStore
}

// cutDirective splits at the first comma that is not in quotes.
func cutDirective(line string) (directive, rest string) {
	quoted := false
	for k := range len(line) {
		switch c := line[k]; {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			return strings.TrimSpace(line[:k]), line[k+1:]
		}
	}
	return strings.TrimSpace(line), ""
}

func isQuoted(s string) bool {
	return len(s) >= 2 && s[0] == '"' && strings.IndexByte(s[1:], '"') == len(s)-2
}

// forbidFrames keeps pages of other origins from showing the form in a frame, where
// a visitor can be led to send it unknowingly. It overrides nobody.
func (p *Protection) forbidFrames(h http.Header) {
	if _, ok := h["X-Frame-Options"]; !ok && !p.cfg.NoFrameOptions {
		h.Set("X-Frame-Options", "SAMEORIGIN")
	}
}
