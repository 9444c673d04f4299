// Package middleware puts a site's handlers together: who may see what, what is
// logged, how a site behind a proxy knows its own address, and the headers that
// every answer should have. [Stack] is the lot in the right order:
//
//	stack, err := middleware.Stack(middleware.Config{
//		PublicOrigin:   middleware.OriginConfig{Origins: []string{"https://app.example"}},
//		Log:            middleware.LogConfig{Logger: log},
//		Authenticators: []middleware.Authenticator{auth},
//		Antiforgery:    csrf,
//	})
//	mux.Handle("GET /admin", middleware.Require(middleware.Role("admin"), auth)(admin))
//	http.ListenAndServe(":8080", stack(mux))
//
// Each handler is there by itself, too. Those who put them together by hand keep to
// the order PublicOrigin, RequestLog, RedirectHTTPS, SecurityHeaders, the
// authenticators' Handler, the antiforgery Handler, routes. An order that does harm is
// logged with the first request that shows it.
//
// # What it protects from
//
// A client cannot say under which address or over which connection a request came:
// [PublicOrigin] believes the proxies that it is told of, and no more than it must.
// [RequestLog] logs no queries, headers or bodies. [SecurityHeaders] has browsers
// refuse scripts that a page did not mean to run.
//
// # What it does not
//
// [PublicOrigin] is as good as the proxy, which must take away what clients put into
// the headers that it sets. Paths are logged, unless LogConfig.SecretPath says not to.
//
// All values may be used concurrently. Writers are wrapped by [RequestLog] and
// Stack alone, in a way that keeps http.Flusher, http.Hijacker, io.ReaderFrom and
// http.ResponseController working.
package middleware
