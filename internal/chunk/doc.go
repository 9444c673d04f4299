// Package chunk splits a cookie value that is too large for one cookie into
// several, and puts it together again, as ASP.NET Core's chunking cookie manager
// does (docs/formats.md, Cookie and chunks): the cookie itself says "chunks-3",
// and its parts follow in nameC1, nameC2 and nameC3.
package chunk
