// Package setcookie writes Set-Cookie lines and edits those that wait in a
// response's header. The text of a line is ASP.NET Core's to the byte, because
// the size of a cookie's chunks depends on it (docs/formats.md, Cookie and chunks).
package setcookie
