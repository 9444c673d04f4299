// Package token makes, reads and compares antiforgery tokens, whose bytes and
// rules are those of ASP.NET Core (docs/formats.md, Antiforgery token). It knows
// neither HTTP nor encryption: what it reads must have been sealed.
package token
