package main

import (
	"net/http"
	"strings"

	"github.com/sealring/sealring/internal/chunk"
	"github.com/sealring/sealring/internal/cookie"
)

// A sample is one value that is to be explained.
type sample struct{ name, value string }

// maxCookie is as much as a server reads of one cookie with its chunks.
const maxCookie = 64 << 10

// findSamples takes a value, a NAME=VALUE, or the content of a Cookie or
// Set-Cookie header apart. Of a header, those cookies are explained that look
// sealed; of a cookie in chunks, the whole.
func findSamples(text string) ([]sample, error) {
	text = strings.TrimSpace(text)
	if after, ok := cutPrefixFold(text, "set-cookie:"); ok {
		text, _, _ = strings.Cut(after, ";")
	}
	if after, ok := cutPrefixFold(text, "cookie:"); ok {
		text = after
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, usagef("there is nothing to explain")
	}
	if name, _, ok := strings.Cut(text, "="); !ok || strings.HasPrefix(text, "CfDJ8") || name == "" {
		return []sample{{"", strings.Trim(text, `"`)}}, nil
	}
	all := pairs(text)
	if len(all) == 1 {
		return all, nil
	}
	var sealed []sample
	for _, s := range all {
		if strings.HasPrefix(s.value, "CfDJ8") {
			sealed = append(sealed, s)
		}
	}
	if sealed == nil {
		return nil, usagef("none of the %d cookies looks sealed (sealed ones begin with CfDJ8); give one alone to have it explained all the same", len(all))
	}
	return sealed, nil
}

func cutPrefixFold(s, prefix string) (after string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// pairs lists the cookies of a header, chunks put together.
func pairs(line string) (all []sample) {
	header := cookie.Of(&http.Request{Header: http.Header{"Cookie": {line}}}, false)
	parts := map[string]bool{}
	for piece := range strings.SplitSeq(line, ";") {
		name, _, ok := strings.Cut(strings.TrimSpace(piece), "=")
		if !ok {
			continue
		}
		value := header.Last(name)
		if n := chunk.Count(value); n > 0 {
			if whole, err := chunk.Value(header, name, value, false, maxCookie); err == nil {
				value = whole
				parts[name+"C"] = true
			}
		}
		all = append(all, sample{name, value})
	}
	return withoutParts(all, parts)
}

// withoutParts leaves out the chunks of cookies that have been put together.
func withoutParts(all []sample, parts map[string]bool) (kept []sample) {
	for _, s := range all {
		if !parts[strings.TrimRight(s.name, "0123456789")] {
			kept = append(kept, s)
		}
	}
	return kept
}
