package main

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What values are sealed for, as docs/formats.md and package gorilla have it.
const (
	sessionPurpose     = "Sealring.CookieAuth.Session"
	gorillaPurpose     = "github.com/sealring/sealring/cookieauth/gorilla"
	timeLimitedPurpose = "Microsoft.AspNetCore.DataProtection.TimeLimitedDataProtector.v1"
)

// readStored tells what the cookie of a session in a store holds: only its id.
func readStored(e *explainer, r *report, plain []byte) {
	if len(plain) != 26 {
		r.refuse("the session's id in it cannot be read")
		return
	}
	r.fact("session", e.masked(string(plain)))
	r.doubt("whose session it is, until when, and whether it was ended, only the store of sessions knows")
}

// readLimited tells when a time-limited payload ends (docs/formats.md, Time-limited
// payloads), and then what read tells of the rest.
func readLimited(read func(*explainer, *report, []byte)) func(*explainer, *report, []byte) {
	return func(e *explainer, r *report, plain []byte) {
		expires, ok := endOf(plain)
		if !ok {
			r.refuse("the end in it cannot be read")
			return
		}
		switch {
		case expires.Year() == 9999:
			r.fact("expires", "never")
		default:
			r.fact("expires", ago(expires, e.now))
		}
		if e.now.After(expires) {
			r.refuse("it has expired")
		}
		read(e, r, plain[8:])
	}
}

// endOf reads ticks of 100 ns since the year 1.
func endOf(plain []byte) (time.Time, bool) {
	const unixEpoch, latest = 621355968000000000, 3155378975999999999
	if len(plain) < 8 {
		return time.Time{}, false
	}
	ticks := binary.BigEndian.Uint64(plain)
	if ticks > latest {
		return time.Time{}, false
	}
	since := int64(ticks) - unixEpoch
	return time.Unix(since/1e7, since%1e7*100).UTC(), true
}

// readGorilla tells of a value of package gorilla: when it was made, in seconds, and
// how much there is, since only the program knows how it is serialized.
func readGorilla(e *explainer, r *report, plain []byte) {
	if len(plain) < 8 {
		r.refuse("the value in it cannot be read")
		return
	}
	r.fact("issued", ago(time.Unix(int64(binary.BigEndian.Uint64(plain)), 0), e.now))
	r.fact("content", fmt.Sprintf("%d bytes", len(plain)-8))
}

// readAny tells how much there is, and shows text if that was asked for.
func readAny(e *explainer, r *report, plain []byte) {
	text := string(plain)
	if e.showValues && utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		r.fact("content", text)
		return
	}
	r.fact("content", fmt.Sprintf("%d bytes", len(plain)))
}
