package token

import (
	"crypto/sha256"
	"encoding/base64"
)

// CookieName returns how ASP.NET Core names the cookie of an application.
func CookieName(application string) string {
	sum := sha256.Sum256([]byte(application))
	return ".AspNetCore.Antiforgery." + base64.RawURLEncoding.EncodeToString(sum[:8])
}
