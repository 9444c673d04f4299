package ticket

// Purposes returns what the login cookies of a scheme are sealed for, in the order
// in which dataprotection.KeyRing.Protector takes it (docs/formats.md, Ticket).
func Purposes(scheme string) []string {
	return []string{"Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware", scheme, "v2"}
}
